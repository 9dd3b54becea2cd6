// The configuration file, read and parsed without holding up what is being served: a large text is parsed by a worker
// thread, which hands the routes back in slices, and the event loop turns between two of them.
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Issue } from '../core/issue.ts';
import type { Environment } from './env.ts';
import type { WorkerAnswer, WorkerTask } from './load-worker.ts';
import { type ConfigResult, type ConfigSource, locateIssues, parseConfig } from './parse.ts';
import { deepFreeze } from './plain-object.ts';
import type { Problem } from './problem.ts';
import type { RouteConfig } from './schema.ts';

/** Up to here parsing takes a few milliseconds, less than starting a thread does. */
const MAX_INLINE_LENGTH = 16_384;

export interface ReadConfig {
  /** What was read, to give to `locateConfigIssues`; the text is empty where nothing could be read. */
  readonly source: ConfigSource;
  readonly result: ConfigResult;
}

/** Reads and parses a configuration file. Does not throw: an unreadable file is a problem like any other. */
export async function readConfig(file: string, env: Environment): Promise<ReadConfig> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    return { source: { text: '', file, env }, result: refused(`${file}: ${readFault(error)}`) };
  }
  const source = { text, file, env };
  return { source, result: await loadConfig(source) };
}

/** As `parseConfig`, in a worker thread unless the text is short. */
export async function loadConfig(source: ConfigSource): Promise<ConfigResult> {
  if (source.text.length <= MAX_INLINE_LENGTH) return parseConfig(source);
  return askWorker({ kind: 'parse', source }, receiveConfig, (reason) =>
    refused(`${source.file}: cannot be read: ${reason}`),
  );
}

/** As `locateIssues`, in a worker thread unless the text is short. */
export async function locateConfigIssues(
  source: ConfigSource,
  issues: readonly Issue[],
): Promise<readonly Problem[]> {
  if (source.text.length <= MAX_INLINE_LENGTH) return locateIssues(source, issues);
  return askWorker(
    { kind: 'locate', source, issues },
    async (next) => {
      const answer = await next();
      return answer.kind === 'problems' ? answer.problems : [];
    },
    () => locateIssues(source, issues),
  );
}

type Next = () => Promise<WorkerAnswer>;

/** Runs a worker for one task; `failed` makes the result where it dies, of memory for one. */
async function askWorker<T>(
  task: WorkerTask,
  receive: (next: Next) => Promise<T>,
  failed: (reason: string) => T,
): Promise<T> {
  // In the package the neighbour is `.js`, in the repository `.ts`.
  const file = path.join(import.meta.dirname, `load-worker${path.extname(import.meta.filename)}`);
  const worker = new Worker(file, { workerData: task, env: {}, execArgv: [], name: 'config' });
  const died = new AbortController();
  worker.once('exit', () => died.abort(new Error('the thread that parses it ended')));
  // Without a listener an error that comes between two questions would end the process.
  worker.on('error', (error) => died.abort(error));
  try {
    return await receive(async () => {
      const answer = once(worker, 'message', { signal: died.signal }) as Promise<[WorkerAnswer]>;
      worker.postMessage('next');
      return (await answer)[0];
    });
  } catch (error) {
    const reason: unknown = died.signal.aborted ? died.signal.reason : error;
    return failed(reason instanceof Error ? reason.message : String(reason));
  } finally {
    void worker.terminate();
  }
}

/** Takes the routes slice by slice, each in its own turn of the event loop. */
async function receiveConfig(next: Next): Promise<ConfigResult> {
  const first = await next();
  if (first.kind === 'problems') return { ok: false, problems: first.problems };
  if (first.kind === 'routes') throw new Error('the worker answered out of turn');
  const routes: RouteConfig[] = [];
  while (routes.length < first.routeCount) {
    const slice = await next();
    if (slice.kind !== 'routes') throw new Error('the worker answered out of turn');
    for (const route of JSON.parse(slice.json) as RouteConfig[]) routes.push(deepFreeze(route));
    await nextTurn();
  }
  const config = Object.freeze({ ...deepFreeze(first.settings), routes: Object.freeze(routes) });
  const { outcome } = first;
  if (outcome.ok) return { ...outcome, config };
  const { problems, routeIndexes, faulty } = outcome;
  return { ok: false, problems, sound: { config, routeIndexes, faulty } };
}

function refused(text: string): ConfigResult {
  return { ok: false, problems: [{ path: [], message: text, text }] };
}

const READ_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file: routes.example.yaml shows what to write into it',
  EISDIR: 'is a folder: name the file in it',
  EACCES: 'may not be read by this user',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not text in UTF-8',
};

function readFault(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return READ_FAULTS[code] ?? `cannot be read: ${message}`;
}
