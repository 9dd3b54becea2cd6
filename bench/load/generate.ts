// One load from start to end: warm-up, measurement, result. `idle` mode is another story, told by `hold.ts`.
import { setTimeout as delay } from 'node:timers/promises';
import { hold } from './hold.ts';
import { loadResult, watch, type LoadResult, type StoppedBy } from './load-result.ts';
import { LoadRun } from './load-run.ts';
import type { Plan } from './plan.ts';
import { buildRequest } from './request-bytes.ts';
import type { Tally } from './tally.ts';
import { openTarget } from './target.ts';

/** How often the end conditions other than the clock are looked at. */
const LOOK_EVERY_MS = 5;

export interface GenerateOptions {
  /** Ends the load early; the result is what was measured so far. */
  readonly signal: AbortSignal;
  /** Called about once a second of the measurement. */
  readonly onProgress?: (tally: Tally, elapsedMs: number) => void;
}

/** Runs the plan. Throws only when it cannot begin: a file missing, a name unknown. */
export async function generate(plan: Plan, options: GenerateOptions): Promise<LoadResult> {
  const settings = {
    connect: await openTarget(plan),
    request: buildRequest(plan),
    isAnswerToHead: plan.method === 'HEAD',
  };
  if (plan.mode === 'idle') return hold(plan, settings, options.signal);
  const mark = watch(plan.watched);
  const run = new LoadRun(plan, settings);
  let start = mark();
  let stoppedBy: StoppedBy = 'duration';
  if (plan.warmUpMs > 0) {
    run.start();
    stoppedBy = await until(run, plan.warmUpMs, options.signal);
  }
  if (stoppedBy === 'duration') {
    run.beginMeasuring();
    start = mark();
    if (plan.warmUpMs === 0) run.start();
    const progress = setInterval(() => {
      options.onProgress?.(run.tally, performance.now() - start.atMs);
    }, 1000);
    stoppedBy = await until(run, plan.durationMs, options.signal);
    clearInterval(progress);
  }
  const result = loadResult(plan, stoppedBy, run.tally, { start, end: mark() });
  run.stop();
  return result;
}

/** Waits for the first of: the time is up, enough requests, a hopeless case, an interrupt. */
async function until(run: LoadRun, durationMs: number, signal: AbortSignal): Promise<StoppedBy> {
  const over = new AbortController();
  let stoppedBy: StoppedBy = 'duration';
  const look = setInterval(() => {
    if (run.isHopeless) stoppedBy = 'failure';
    else if (run.isComplete) stoppedBy = 'requests';
    else return;
    over.abort();
  }, LOOK_EVERY_MS);
  const ends = AbortSignal.any([over.signal, signal]);
  try {
    await delay(durationMs, undefined, { signal: ends });
  } catch {
    if (signal.aborted) stoppedBy = 'interrupt';
  } finally {
    clearInterval(look);
  }
  return stoppedBy;
}
