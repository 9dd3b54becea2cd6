// What the registry keeps an address: connections that all prove the same, whichever client makes and uses them.
import type { Attempt, AttemptSink, OutgoingHead } from './contract.ts';
import type { Target } from '../core/target.ts';
import type { Connect } from './connector.ts';
import type { EndpointTimeouts } from './timeouts.ts';

/** What every connection of a pool is made with. */
export interface ConnectionOptions {
  readonly connect: Connect;
  readonly maxHeaderBytes: number;
  /** How long a connection without a request is kept, where the app does not say (`Keep-Alive: timeout`). */
  readonly keepAliveMs: number;
  /** The longest it is kept when the app does say. */
  readonly maxKeepAliveMs: number;
}

export interface PoolOptions extends ConnectionOptions {
  readonly target: Target;
  /** Connections at once. */
  readonly maxConnections: number;
  /** Requests at once on one connection; 1 for one after the other. */
  readonly pipelining: number;
  /** Requests that may wait while all connections are busy; the next is refused (`upstream_unavailable`). */
  readonly maxWaiting: number;
}

export interface PoolStats {
  readonly open: number;
  readonly inFlight: number;
  readonly waiting: number;
}

export interface ConnectionPool {
  readonly name: string;
  /** Takes no more requests. */
  readonly isClosing: boolean;
  readonly stats: PoolStats;
  /** Whether nothing has been in flight since `time` (as of `performance.now()`). */
  isIdleSince(time: number): boolean;
  open(head: OutgoingHead, sink: AttemptSink, timeouts: EndpointTimeouts): Attempt;
  /** Lets what is in flight come to its end, cuts what is left after `deadlineMs`; then no connection is open. */
  close(deadlineMs: number): Promise<void>;
}

/** Why a pool takes no further request; undefined: it does. Who waits while a connection is made waits, too. */
export function refusalOf(
  { isClosing, stats }: Pick<ConnectionPool, 'isClosing' | 'stats'>,
  maxWaiting: number,
): string | undefined {
  if (isClosing) return 'closed';
  return stats.waiting < maxWaiting ? undefined : `${maxWaiting} requests are waiting already`;
}
