// What the environment adds to a configuration: `${env.NAME}` in its values, and variables of Pomerium's and of
// OpenTelemetry's that override it. The environment is passed in; nothing here reads `process.env`.
import path from 'node:path';
import type { Issue, IssuePath } from '../core/issue.ts';
import { TRACING_VARIABLES, overrideTracing } from './env-tracing.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\$|\$\{env\.([^}]*)(\}?)/g;
/** Deeper than any setting stands; keeps whoever walks what comes out within the stack. */
const MAX_DEPTH = 32;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * A copy of a plain value with `${env.NAME}` replaced in its text and `$$` made a literal dollar; every other `${…}`
 * stays, it belongs to somebody else. What a variable holds is not expanded again. Keys are left alone.
 */
export function expandEnv(value: unknown, env: Environment, issues: Issue[]): unknown {
  const walk = (node: unknown, at: IssuePath): unknown => {
    if (typeof node === 'string') return node.includes('$') ? expandText(node, at) : node;
    if (typeof node !== 'object' || node === null) return node;
    if (at.length > MAX_DEPTH) {
      issues.push({ path: at, message: 'is nested too deeply' });
      return undefined;
    }
    if (Array.isArray(node)) return node.map((item, index) => walk(item, [...at, index]));
    // `fromEntries` defines own keys, so that a `__proto__` in the file stays a mere key.
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, walk(item, [...at, key])]));
  };
  const expandText = (text: string, at: IssuePath): string =>
    text.replaceAll(REFERENCE, (all, name: string | undefined, close: string) => {
      if (name === undefined) return '$';
      const found = Object.hasOwn(env, name) ? env[name] : undefined;
      if (close === '') issues.push({ path: at, message: `'${all}' has no closing brace` });
      else if (!NAME.test(name))
        issues.push({ path: at, message: `'${all}' does not name an environment variable` });
      else if (found === undefined)
        issues.push({ path: at, message: `the environment variable ${name} is not set` });
      return found ?? '';
    });
  return walk(value, []);
}

/** Variable of the environment -> the setting that it overrides, together with the other form of that setting. */
const OVERRIDES = [
  { variable: 'CERTIFICATE', key: 'certificate' },
  { variable: 'CERTIFICATE_KEY', key: 'certificate_key' },
  { variable: 'CERTIFICATE_AUTHORITY', key: 'certificate_authority' },
] as const;

/** The environment variable that a setting was taken from, or undefined. */
export function variableOf(key: string | number | undefined, env: Environment): string | undefined {
  for (const { variable, key: inline } of OVERRIDES) {
    if (key === inline && isSet(env, variable)) return variable;
    if (key === `${inline}_file` && isSet(env, `${variable}_FILE`)) return `${variable}_FILE`;
  }
  const found = TRACING_VARIABLES.find((one) => one.key === key);
  return found !== undefined && isSet(env, found.variable) ? found.variable : undefined;
}

/**
 * The settings with CERTIFICATE, CERTIFICATE_KEY, CERTIFICATE_AUTHORITY (base64 of PEM) and their `_FILE` twins put
 * over them, and OpenTelemetry's. A variable replaces both forms of its setting. Paths in variables are taken from the
 * working folder. An empty variable counts as not set.
 */
export function overrideFromEnv(
  settings: Readonly<Record<string, unknown>>,
  env: Environment,
  issues: Issue[],
): Record<string, unknown> {
  const result = overrideTracing(settings, env);
  for (const { variable, key } of OVERRIDES) {
    const [inline, file] = [env[variable] ?? '', env[`${variable}_FILE`] ?? ''];
    if (inline === '' && file === '') continue;
    if (inline !== '' && file !== '')
      issues.push({ path: [key], message: `${variable} and ${variable}_FILE are both set: unset one` });
    delete result[key];
    delete result[`${key}_file`];
    if (inline === '') result[`${key}_file`] = path.resolve(file);
    else result[key] = inline;
  }
  return result;
}

const isSet = (env: Environment, variable: string): boolean => (env[variable] ?? '') !== '';
