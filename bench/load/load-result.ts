// What a load found out, as plain data: printed as text by `report.ts`, as JSON with `--json`.
import type { Histogram } from './histogram.ts';
import type { Mode, Plan } from './plan.ts';
import { readTree, sampleProcesses, type ProcessSample } from './process-tree.ts';
import type { Tally } from './tally.ts';

export type StoppedBy = 'duration' | 'requests' | 'interrupt' | 'failure';

export interface LatencyUs {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** `[upper edge, count]`, each row a doubling. */
  readonly rows: readonly (readonly [number, number])[];
}

export interface Watched {
  readonly cpuMs: number;
  /** Microseconds of CPU time for each answer; 0 without answers. */
  readonly cpuUsPerAnswer: number;
  readonly rssKib: number;
  /** Only in `idle` mode: growth between the first tenth of the connections and all of them, for each. */
  readonly rssKibPerConnection?: number;
}

export interface LoadResult {
  readonly url: string;
  readonly mode: Mode;
  readonly connections: number;
  readonly stoppedBy: StoppedBy;
  readonly elapsedMs: number;
  readonly answers: number;
  readonly requestsPerSecond: number;
  readonly bytesIn: number;
  readonly handshakes: number;
  readonly resumedHandshakes: number;
  readonly latencyUs: LatencyUs;
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  /** CPU time of the generator itself. */
  readonly ownCpuMs: number;
  readonly watched: Readonly<Record<string, Watched>>;
}

/** A point in time between which and now things are measured. */
export interface Mark {
  readonly atMs: number;
  readonly cpu: NodeJS.CpuUsage;
  readonly samples: ReadonlyMap<string, ProcessSample>;
}

/** Finds the processes to watch, with their children, and returns what takes a mark of them. */
export function watch(watched: Plan['watched']): () => Mark {
  const trees = new Map(watched.map(({ name, pid }) => [name, readTree(pid)]));
  return () => ({
    samples: new Map([...trees].map(([name, pids]) => [name, sampleProcesses(pids)])),
    cpu: process.cpuUsage(),
    atMs: performance.now(),
  });
}

/** The figures between two marks. */
export function loadResult(
  plan: Plan,
  stoppedBy: StoppedBy,
  tally: Tally,
  marks: { readonly start: Mark; readonly end: Mark },
): LoadResult {
  const { start, end } = marks;
  const elapsedMs = end.atMs - start.atMs;
  const own = end.cpu.user + end.cpu.system - start.cpu.user - start.cpu.system;
  return {
    url: plan.url.href,
    mode: plan.mode,
    connections: plan.connections,
    stoppedBy,
    elapsedMs,
    answers: tally.answers,
    requestsPerSecond: elapsedMs > 0 ? (tally.answers / elapsedMs) * 1000 : 0,
    bytesIn: tally.bytesIn,
    handshakes: tally.handshakes,
    resumedHandshakes: tally.resumedHandshakes,
    latencyUs: latencyUs(tally.latency),
    statuses: Object.fromEntries(tally.statuses),
    errors: Object.fromEntries(tally.errors),
    ownCpuMs: own / 1000,
    watched: Object.fromEntries(
      [...end.samples].map(([name, { cpuMs, rssKib }]) => {
        const usedMs = cpuMs - (start.samples.get(name)?.cpuMs ?? 0);
        const cpuUsPerAnswer = tally.answers === 0 ? 0 : (usedMs * 1000) / tally.answers;
        return [name, { cpuMs: usedMs, cpuUsPerAnswer, rssKib }];
      }),
    ),
  };
}

const latencyUs = (latency: Histogram): LatencyUs => ({
  mean: latency.meanUs,
  p50: latency.percentileUs(50),
  p90: latency.percentileUs(90),
  p99: latency.percentileUs(99),
  p999: latency.percentileUs(99.9),
  max: latency.maxUs,
  rows: latency.doublings(),
});
