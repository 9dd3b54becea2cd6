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

export interface SteadyLoad {
  /** Requests since it is warm. */
  readonly sent: number;
  /** Waits until its connections are made, and forgets what was measured so far. */
  warm(): Promise<void>;
  /** Ends it and waits for the last answer. */
  end(): Promise<LoadResult>;
}

const newMeasure = () => ({
  sent: 0,
  statuses: {} as Record<string, number>,
  errors: [] as string[],
  latenciesMs: [] as number[],
});

/** Few enough that a slow moment is a queue, as it would be in a browser, and not a storm of handshakes. */
const CONNECTIONS = 8;

export function steadyLoad(options: ConnectionOptions, perSecond: number): SteadyLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let measure = newMeasure();
  const pending = new Set<Promise<void>>();
  const one = async (into: typeof measure): Promise<void> => {
    const began = performance.now();
    into.sent++;
    try {
      const { status } = await call(options, { agent });
      into.latenciesMs.push(performance.now() - began);
      into.statuses[status] = (into.statuses[status] ?? 0) + 1;
    } catch (error) {
      into.errors.push(String(error));
    }
  };
  const send = (): Promise<void> => {
    const sent = one(measure).finally(() => pending.delete(sent));
    pending.add(sent);
    return sent;
  };
  const timer = setInterval(() => void send(), 1000 / perSecond);
  return {
    get sent() {
      return measure.sent;
    },
    async warm() {
      await Promise.all(Array.from({ length: CONNECTIONS }, send));
      measure = newMeasure();
    },
    async end() {
      clearInterval(timer);
      await Promise.all(pending);
      agent.destroy();
      measure.latenciesMs.sort((left, right) => left - right);
      return measure;
    },
  };
}

/** The latency that `share` (0 to 1) of the requests stay within. */
export function percentile({ latenciesMs }: LoadResult, share: number): number {
  const index = Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * share));
  return latenciesMs[index] ?? Number.NaN;
}
