// What the process that leads and those that serve say to each other. Plain data, over the channel that Node gives a
// child.
import type { Reload } from '../core/observer.ts';
import type { BoundAddress } from '../edge/address.ts';
import type { MetricValues } from '../observe/metrics.ts';
import type { ReloadResult } from './proxy-contract.ts';

export interface StartOrder {
  readonly order: 'start';
  /** Of the configuration, which is named so in messages about it. */
  readonly file: string;
  readonly text: string;
  readonly logFormat: 'pretty' | 'json';
  /** Whether it counts, for the metrics. */
  readonly isCounting: boolean;
  /** Whether it speaks for all in the log, of what all notice. */
  readonly isSpeaker: boolean;
}

export interface ReloadOrder {
  readonly order: 'reload';
  readonly text: string;
  readonly trigger: Reload['trigger'];
}

/** Each is answered by one Reply with its number. */
export type Order = StartOrder | ReloadOrder | { readonly order: 'stats' | 'drain' | 'close' };

export interface Numbered {
  readonly number: number;
}

export interface WorkerStats {
  readonly connections: number;
  /** Undefined where nothing is counted. */
  readonly metrics: MetricValues | undefined;
}

/** To `start`: addresses. To `reload`: its result. To `stats`: the figures. To the rest: done. */
export interface Replies {
  readonly start: readonly BoundAddress[];
  readonly reload: ReloadResult;
  readonly stats: WorkerStats;
  readonly drain: true;
  readonly close: true;
}

export type Reply = Numbered & ({ readonly ok: unknown } | { readonly fault: string });
