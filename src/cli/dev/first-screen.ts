// The first screen of `sallyport dev`: where it listens, what is there, a command to paste, how to get in by browser.
import type { DemoRoute } from '../demo/start-page.ts';
import { AFTER_IMPORT, type BrowserSteps, type ImportFiles, importSteps } from './import-steps.ts';

export interface FirstScreen {
  /** What was made or renewed, a line each. */
  readonly made: readonly string[];
  readonly routes: readonly DemoRoute[];
  /** Address of the whoami app, for the command to paste. */
  readonly whoamiUrl: string;
  /** As seen from the working folder. */
  readonly files: ImportFiles & { readonly clientCert: string; readonly clientKey: string };
}

/** The screen as text, without colours, lines ended. */
export function firstScreen({ made, routes, whoamiUrl, files }: FirstScreen): string {
  const width = Math.max(...routes.map(({ url }) => url.length));
  const lines = [
    ...made,
    ...(made.length > 0 ? [''] : []),
    `Sallyport is listening on ${routes[0]?.url ?? 'no address'}`,
    '',
    ...routes.map(({ url, description }) => `  ${url.padEnd(width)}  ${description}`),
    '',
    'Try it, as you:',
    '',
    `  ${curlLine(whoamiUrl, files)}`,
    '',
    `In a browser: import ${files.p12} (password: ${files.password}), which is you, and ${files.ca}, which is this server.`,
    '',
    ...importSteps(files).map(browserText),
    '',
    AFTER_IMPORT,
    'Ctrl-C stops it.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function browserText({ browser, steps }: BrowserSteps): string {
  return `  ${browser}\n${steps.map((step, index) => `    ${index + 1}. ${step}`).join('\n')}`;
}

function curlLine(url: string, { ca, clientCert, clientKey }: FirstScreen['files']): string {
  const words = ['curl', '--cacert', ca, '--cert', clientCert, '--key', clientKey, `${url}/`];
  return words.map(shellWord).join(' ');
}

/** Quoted where a shell would otherwise see more than one plain word in it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
