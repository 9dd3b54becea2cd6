// Small configurations to begin from, and what is wrong with one as text.
import { type ConfigResult, parseConfig } from '../../src/config/parse.ts';
import type { Problem } from '../../src/config/problem.ts';
import type { Config } from '../../src/config/schema.ts';

/** The lines that every configuration needs, six of them, so that what follows begins on line 7. */
export const BASE = `certificate_file: edge.crt
certificate_key_file: edge.key
downstream_mtls:
  ca_file: client-ca.crt
# five
# six
`;

export const parseText = (text: string, env: Record<string, string> = {}): ConfigResult =>
  parseConfig({ text, file: '/etc/sallyport/routes.yaml', env });

/** Everything wrong, warnings too. */
export const problemsIn = (result: ConfigResult): readonly Problem[] =>
  result.ok ? result.warnings : result.problems;

/** The lines to print, without the folder: `routes.yaml:7:1 …`; warnings begin with `warning: `. */
export function problemLines(text: string, env: Record<string, string> = {}): string[] {
  return problemsIn(parseText(text, env)).map((problem) => {
    const line = problem.text.replace('/etc/sallyport/', '');
    return problem.severity === 'warning' ? `warning: ${line}` : line;
  });
}

/** The configuration of a text that has nothing wrong with it. */
export function configOf(text: string, env: Record<string, string> = {}): Config {
  const result = parseText(text, env);
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.text).join('\n'));
  return result.config;
}

/** `BASE` and one route, given as its lines after `from`. */
export const withRoute = (...lines: string[]): string =>
  `${BASE}routes:\n  - from: https://app.example.com\n${lines.map((line) => `    ${line}\n`).join('')}`;
