// `sallyport explain`: whether a request would be let through, and why.
import { readFile } from 'node:fs/promises';
import { EXIT } from './exit-codes.ts';

export interface ExplainOptions {
  /** The configuration file. */
  readonly config: string;
  /** File with the client's certificate. */
  readonly cert?: string;
  readonly method: string;
  readonly ip: string;
  readonly at?: string;
  readonly tls: string;
  readonly json: boolean;
}

/** Prints the explanation on the standard output, sets the exit code. Throws ConfigError. */
export async function explain(url: string, { cert, ...words }: ExplainOptions): Promise<void> {
  const { readExplainWords } = await import('../app/explain-request.ts');
  const { explain: explainRequest } = await import('../app/explain.ts');
  const { withBuild } = await import('../app/check-config.ts');
  const certificate = cert === undefined ? undefined : await readFile(cert);
  const asked = attempt(() => readExplainWords({ ...words, url, certificate }, Date.now()));
  if (typeof asked === 'string') {
    console.error(`sallyport: ${asked}`);
    process.exitCode = EXIT.usage;
    return;
  }
  const explanation = await withBuild(words.config, process.env, (build) => explainRequest(build, asked));
  if (words.json) console.log(JSON.stringify(explanation, undefined, 2));
  else {
    const { explanationText } = await import('./explain-text.ts');
    console.log(explanationText(explanation));
  }
  if (!explanation.admitted) process.exitCode = EXIT.refused;
}

function attempt<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
