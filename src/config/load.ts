// The configuration file, read and parsed without holding up what is being served: a large text is parsed by a worker
// thread, which hands the routes back in slices, and the event loop turns between two of them.
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Issue } from '../core/issue.ts';
import { TimeSlices } from '../core/time-slices.ts';
import type { Environment } from './env.ts';
import type { WorkerAnswer, WorkerTask } from './load-worker.ts';
import { type ConfigResult, locateIssues, parseConfig } from './parse.ts';
import { deepFreeze } from './plain-object.ts';
import type { Problem } from './problem.ts';
import { decoded, type RawSource } from './raw-source.ts';
import type { RouteConfig } from './schema.ts';

/** Up to here parsing takes a few milliseconds, less than starting a thread does. */
const MAX_INLINE_BYTES = 16_384;
export interface ReadConfig {
  /** What was read, to give to `locateConfigIssues`; it is empty where nothing could be read. */
  readonly source: RawSource;
  readonly result: ConfigResult;
}

/**
 * Reads and parses a configuration file. Does not throw: an unreadable file is a problem like any other, and so is
 * `signal`, which ends the work.
 */
export async function readConfig(file: string, env: Environment, signal?: AbortSignal): Promise<ReadConfig> {
  let fault: string;
  try {
    const bytes = await readFile(file, { signal });
    if (isUtf8(bytes)) {
      const source = { bytes, file, env };
      return { source, result: await loadConfig(source, signal) };
    }
    fault = 'is not text in UTF-8';
  } catch (error) {
    fault = readFault(error);
  }
  return { source: { bytes: new Uint8Array(), file, env }, result: refused(`${file}: ${fault}`) };
}

/** As `parseConfig`, in a worker thread unless the text is short. */
export async function loadConfig(source: RawSource, signal?: AbortSignal): Promise<ConfigResult> {
  if (source.bytes.length <= MAX_INLINE_BYTES) return parseConfig(decoded(source));
  return askWorker({ kind: 'parse', source }, receiveConfig, {
    failed: (reason) => refused(`${source.file}: cannot be read: ${reason}`),
    signal,
  });
}

/** As `locateIssues`, in a worker thread unless the text is short. */
export async function locateConfigIssues(
  source: RawSource,
  issues: readonly Issue[],
): Promise<readonly Problem[]> {
  if (source.bytes.length <= MAX_INLINE_BYTES) return locateIssues(decoded(source), issues);
  return askWorker(
    { kind: 'locate', source, issues },
    async (next) => {
      const answer = await next();
      return answer.kind === 'problems' ? answer.problems : [];
    },
    { failed: () => locateIssues(decoded(source), issues) },
  );
}

type Next = () => Promise<WorkerAnswer>;

interface WorkerEnd<T> {
  /** Makes the result where the worker dies, of memory for one. */
  readonly failed: (reason: string) => T;
  /** Ends it before its time. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs a worker for one task. */
async function askWorker<T>(
  task: WorkerTask,
  receive: (next: Next) => Promise<T>,
  { failed, signal }: WorkerEnd<T>,
): Promise<T> {
  // In the package the neighbour is `.js`, in the repository `.ts`.
  const file = path.join(import.meta.dirname, `load-worker${path.extname(import.meta.filename)}`);
  const worker = new Worker(file, {
    workerData: task,
    env: {},
    execArgv: [],
    // Parsing leaves little garbage alive: room for more of it makes fewer collections, whose helper threads take
    // processor time from the thread that serves.
    resourceLimits: { maxYoungGenerationSizeMb: 192 },
    name: 'config',
  });
  const died = new AbortController();
  const stop = (): void => died.abort(signal?.reason);
  signal?.addEventListener('abort', stop);
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
    signal?.removeEventListener('abort', stop);
    void worker.terminate();
  }
}

/** Takes the routes slice by slice. */
async function receiveConfig(next: Next): Promise<ConfigResult> {
  const first = await next();
  if (first.kind === 'problems') return { ok: false, problems: first.problems };
  if (first.kind === 'routes') throw new Error('the worker answered out of turn');
  const routes: RouteConfig[] = [];
  const slices = new TimeSlices();
  while (routes.length < first.routeCount) {
    const slice = await next();
    if (slice.kind !== 'routes') throw new Error('the worker answered out of turn');
    for (const route of JSON.parse(slice.json) as RouteConfig[]) routes.push(deepFreeze(route));
    // Not left to the messages: one that comes soon enough is handed out in the same turn as the one before.
    if (slices.isOver) await slices.pause();
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
};

function readFault(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return READ_FAULTS[code] ?? `cannot be read: ${message}`;
}
