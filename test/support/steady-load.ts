// Requests at a steady rate, whether or not the ones before are answered: a server that stands still for a moment is
// seen in every request that would have come meanwhile.
import { Agent } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { call } from './client.ts';

export interface LoadResult {
  readonly sent: number;
  /** How many were answered with each status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** What requests failed with. */
  readonly errors: readonly string[];
  /** Of those answered, sorted. */
  readonly latenciesMs: readonly number[];
}

/** Starts the load; call what it returns to end it and wait for the last answer. */
export function steadyLoad(options: ConnectionOptions, perSecond: number): () => Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const statuses: Record<string, number> = {};
  const errors: string[] = [];
  const latenciesMs: number[] = [];
  const pending: Promise<void>[] = [];
  const one = async (): Promise<void> => {
    const began = performance.now();
    try {
      const { status } = await call(options, { agent });
      latenciesMs.push(performance.now() - began);
      statuses[status] = (statuses[status] ?? 0) + 1;
    } catch (error) {
      errors.push(String(error));
    }
  };
  const timer = setInterval(() => pending.push(one()), 1000 / perSecond);
  return async () => {
    clearInterval(timer);
    await Promise.all(pending);
    agent.destroy();
    latenciesMs.sort((left, right) => left - right);
    return { sent: pending.length, statuses, errors, latenciesMs };
  };
}

/** The latency that `share` (0 to 1) of the requests stay within. */
export function percentile({ latenciesMs }: LoadResult, share: number): number {
  const index = Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * share));
  return latenciesMs[index] ?? Number.NaN;
}
