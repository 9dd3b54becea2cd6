// What the process that leads and those that serve say to each other. Plain data, over the channel that Node gives a
// child.
import type { Reload } from '../core/observer.ts';
import type { Take } from '../core/shared-limits.ts';
import type { BoundAddress, ListenAddress } from '../edge/address.ts';
import type { RefusedClient } from '../edge/shared-sessions.ts';
import type { MetricValues } from '../observe/metrics.ts';
import type { LiveView } from './live-view.ts';
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
  /** Base64, the same for all: TLS sessions resume on any of them. */
  readonly sessionSecret: string;
  /** Of all workers together, among others that share limits with them. */
  readonly instance: string;
}

/** Where to listen, in their order, before the start. Comes with the socket itself where the leading process holds it. */
export interface ListenOrder {
  readonly order: 'listen';
  readonly address: ListenAddress;
  /** Whether it is the one of `http_redirect_addr`. */
  readonly isPlain: boolean;
}

export interface ReloadOrder {
  readonly order: 'reload';
  readonly text: string;
  readonly trigger: Reload['trigger'];
}

/** Each is answered by one Reply with its number. */
export type Order =
  ListenOrder | StartOrder | ReloadOrder | LearnOrder | { readonly order: 'stats' | 'drain' | 'close' };

/** What another one has announced. */
export interface LearnOrder {
  readonly order: 'learn';
  readonly announcement: Announcement;
}

/** Said by a worker unasked, and not answered: whom it has refused, or what it has counted against limits. */
export type Announcement = { readonly refused: RefusedClient } | { readonly takes: readonly Take[] };

export interface Numbered {
  readonly number: number;
}

export interface WorkerStats {
  readonly connections: number;
  /** Undefined where nothing is counted. */
  readonly live: LiveView | undefined;
  /** Undefined where nothing is counted. */
  readonly metrics: MetricValues | undefined;
}

/** To `start`: addresses. To `reload`: its result. To `stats`: the figures. To the rest: done. */
export interface Replies {
  readonly listen: true;
  readonly start: readonly BoundAddress[];
  readonly reload: ReloadResult;
  readonly stats: WorkerStats;
  readonly learn: true;
  readonly drain: true;
  readonly close: true;
}

export type Reply = Numbered & ({ readonly ok: unknown } | { readonly fault: string });
