// The other thread of `load.ts`: does one task, and answers each 'next' with one message, so that messages never pile up
// in the thread that serves. Routes travel as JSON, which is read faster than a structured clone.
import { parentPort, workerData } from 'node:worker_threads';
import type { Issue } from '../core/issue.ts';
import { type ConfigSource, locateIssues, parseConfig } from './parse.ts';
import type { Problem } from './problem.ts';
import type { SettingsConfig } from './schema.ts';

export type WorkerTask =
  | { readonly kind: 'parse'; readonly source: ConfigSource }
  | { readonly kind: 'locate'; readonly source: ConfigSource; readonly issues: readonly Issue[] };

export type WorkerAnswer =
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
  | {
      readonly kind: 'settings';
      readonly settings: SettingsConfig;
      readonly fingerprint: string;
      readonly warnings: readonly Problem[];
      readonly routeCount: number;
    }
  | {
      readonly kind: 'routes';
      /** A slice of `RouteConfig[]`. */
      readonly json: string;
    };

/** Reading one slice takes the other thread about a millisecond. */
const ROUTES_A_SLICE = 500;

function* answers(task: WorkerTask): Generator<WorkerAnswer> {
  if (task.kind === 'locate') {
    yield { kind: 'problems', problems: locateIssues(task.source, task.issues) };
    return;
  }
  const result = parseConfig(task.source);
  if (!result.ok) {
    yield { kind: 'problems', problems: result.problems };
    return;
  }
  const { routes, ...settings } = result.config;
  const { fingerprint, warnings } = result;
  yield { kind: 'settings', settings, fingerprint, warnings, routeCount: routes.length };
  for (let start = 0; start < routes.length; start += ROUTES_A_SLICE)
    yield { kind: 'routes', json: JSON.stringify(routes.slice(start, start + ROUTES_A_SLICE)) };
}

const turns = answers(workerData as WorkerTask);
parentPort?.on('message', () => {
  const { value } = turns.next();
  if (value !== undefined) parentPort?.postMessage(value);
});
