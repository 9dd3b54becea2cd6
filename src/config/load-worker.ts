// The other thread of `load.ts`: does one task, and answers each 'next' with one message, so that messages never pile up
// in the thread that serves. Routes travel as JSON, which is read faster than a structured clone.
import os from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { Issue } from '../core/issue.ts';
import { decoded, type RawSource } from './raw-source.ts';
import { type ConfigResult, locateIssues, parseConfig } from './parse.ts';
import type { Problem } from './problem.ts';
import type { SettingsConfig } from './schema.ts';

export type WorkerTask =
  | { readonly kind: 'parse'; readonly source: RawSource }
  | { readonly kind: 'locate'; readonly source: RawSource; readonly issues: readonly Issue[] };

export type WorkerAnswer =
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
  | {
      readonly kind: 'settings';
      readonly settings: SettingsConfig;
      readonly routeCount: number;
      /** Of a ParsedConfig, the rest of it; of a RefusedConfig, what is left of it and of its sound part. */
      readonly outcome:
        | { readonly ok: true; readonly fingerprint: string; readonly warnings: readonly Problem[] }
        | {
            readonly ok: false;
            readonly problems: readonly Problem[];
            readonly routeIndexes: readonly number[];
            readonly faulty: ReadonlySet<string>;
          };
    }
  | {
      readonly kind: 'routes';
      /** A slice of `RouteConfig[]`. */
      readonly json: string;
    };

/** Reading one slice takes the other thread less than a millisecond. */
const ROUTES_A_SLICE = 200;

function* answers(task: WorkerTask): Generator<WorkerAnswer> {
  if (task.kind === 'locate') {
    yield { kind: 'problems', problems: locateIssues(decoded(task.source), task.issues) };
    return;
  }
  const result = parseConfig(decoded(task.source));
  const config = result.ok ? result.config : result.sound?.config;
  if (config === undefined) {
    yield { kind: 'problems', problems: result.ok ? result.warnings : result.problems };
    return;
  }
  const { routes, ...settings } = config;
  yield { kind: 'settings', settings, routeCount: routes.length, outcome: outcomeOf(result) };
  for (let start = 0; start < routes.length; start += ROUTES_A_SLICE)
    yield { kind: 'routes', json: JSON.stringify(routes.slice(start, start + ROUTES_A_SLICE)) };
}

type Outcome = (WorkerAnswer & { kind: 'settings' })['outcome'];

function outcomeOf(result: ConfigResult): Outcome {
  if (result.ok) return { ok: true, fingerprint: result.fingerprint, warnings: result.warnings };
  const { problems, sound } = result;
  return { ok: false, problems, routeIndexes: sound?.routeIndexes ?? [], faulty: sound?.faulty ?? new Set() };
}

// The thread that serves comes first, where both want the same processor. Linux alone sets this for one thread; elsewhere
// it would slow the whole process.
if (process.platform === 'linux') os.setPriority(os.constants.priority.PRIORITY_BELOW_NORMAL);

const turns = answers(workerData as WorkerTask);
parentPort?.on('message', () => {
  const { value } = turns.next();
  if (value !== undefined) parentPort?.postMessage(value);
});
