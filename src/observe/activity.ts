// What has happened in the last two minutes, second by second, for eyes: the figures that count for ever are in metrics.ts.
import { type ExchangeRecord, type Observer, silentObserver } from '../core/observer.ts';
import { isTunnel } from './is-tunnel.ts';

export interface ActivitySecond {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly requests: number;
  /** Answered with 500 and above, or cut. */
  readonly failed: number;
  /** With a 4xx of our own. */
  readonly refused: number;
  /** Milliseconds; of requests that ended in that second. */
  readonly p50: number;
  readonly p99: number;
}

export interface RefusalView {
  readonly reason: string;
  readonly count: number;
  /** The last one. */
  readonly url: string;
  readonly address: string;
}

export interface RouteView {
  readonly name: string;
  readonly requests: number;
  readonly failed: number;
  readonly refused: number;
}

export interface ActivityView {
  /** The oldest first, without those in which nothing happened. */
  readonly seconds: readonly ActivitySecond[];
  /** The most frequent first. */
  readonly refusals: readonly RefusalView[];
  /** The busiest first, since the start. */
  readonly routes: readonly RouteView[];
}

interface Tallied {
  requests: number;
  failed: number;
  refused: number;
}

interface Second extends Tallied {
  readonly at: number;
  readonly latencies: number[];
}

const SECONDS = 120;
/** Latencies of one second that are looked at. */
const MAX_SAMPLES = 500;
const MAX_REASONS = 50;
const MAX_ROUTES = 1000;

export class Activity {
  readonly #seconds: Second[] = [];
  readonly #refusals = new Map<string, { count: number; url: string; address: string }>();
  readonly #routes = new Map<string, Tallied>();

  readonly observer: Observer = {
    ...silentObserver,
    exchange: (record) => {
      const { time, totalMs, status, error, disposition, route } = record;
      const second = this.#secondOf(Math.floor((time + totalMs) / 1000));
      if (second.latencies.length < MAX_SAMPLES && !isTunnel(record)) second.latencies.push(totalMs);
      const hasFailed = status >= 500 || (disposition === 'abort' && error !== 'client_closed');
      const isRefused = error !== undefined && status >= 400 && status < 500;
      tally(second, hasFailed, isRefused);
      if (route !== undefined) tally(this.#routeOf(route), hasFailed, isRefused);
      if (isRefused) this.#refused(record);
    },
  };

  view(): ActivityView {
    return {
      seconds: this.#seconds.map(({ latencies, ...second }) => {
        const sorted = latencies.toSorted((one, other) => one - other);
        return { ...second, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
      }),
      refusals: Array.from(this.#refusals, ([reason, one]) => ({ reason, ...one })),
      routes: Array.from(this.#routes, ([name, one]) => ({ name, ...one })),
    };
  }

  #refused({ error = '', reason = error, method, host, path, connection }: ExchangeRecord): void {
    const known = this.#refusals.get(reason);
    const scheme = method === 'CONNECT' ? 'tcp+https' : 'https';
    const last = { url: `${scheme}://${host}${path}`, address: connection.remoteAddress };
    if (known !== undefined) Object.assign(known, last, { count: known.count + 1 });
    else if (this.#refusals.size < MAX_REASONS) this.#refusals.set(reason, { count: 1, ...last });
  }

  #routeOf(name: string): Tallied {
    const known = this.#routes.get(name);
    if (known !== undefined) return known;
    const fresh = { requests: 0, failed: 0, refused: 0 };
    if (this.#routes.size < MAX_ROUTES) this.#routes.set(name, fresh);
    return fresh;
  }

  #secondOf(at: number): Second {
    const last = this.#seconds.at(-1);
    if (last !== undefined && last.at >= at) return last;
    const second = { at, requests: 0, failed: 0, refused: 0, latencies: [] };
    this.#seconds.push(second);
    while ((this.#seconds[0]?.at ?? at) <= at - SECONDS) this.#seconds.shift();
    return second;
  }
}

function tally(to: Tallied, hasFailed: boolean, isRefused: boolean): void {
  to.requests++;
  if (hasFailed) to.failed++;
  if (isRefused) to.refused++;
}

function quantile(sorted: readonly number[], share: number): number {
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
}

/** Of several processes, as one. Latencies are those of the slowest: they cannot be added. */
export function mergeActivity(views: readonly ActivityView[]): ActivityView {
  const seconds = new Map<number, ActivitySecond>();
  const refusals = new Map<string, RefusalView>();
  const routes = new Map<string, RouteView>();
  for (const view of views) {
    for (const one of view.seconds) {
      const known = seconds.get(one.at);
      seconds.set(one.at, known === undefined ? one : bothSeconds(known, one));
    }
    for (const one of view.refusals) {
      const count = one.count + (refusals.get(one.reason)?.count ?? 0);
      refusals.set(one.reason, { ...one, count });
    }
    for (const one of view.routes) {
      const known = routes.get(one.name);
      routes.set(one.name, known === undefined ? one : { name: one.name, ...bothTallies(known, one) });
    }
  }
  return {
    seconds: [...seconds.values()].toSorted((one, other) => one.at - other.at),
    refusals: [...refusals.values()].toSorted((one, other) => other.count - one.count),
    routes: [...routes.values()].toSorted((one, other) => other.requests - one.requests),
  };
}

function bothSeconds(one: ActivitySecond, other: ActivitySecond): ActivitySecond {
  return {
    at: one.at,
    ...bothTallies(one, other),
    p50: Math.max(one.p50, other.p50),
    p99: Math.max(one.p99, other.p99),
  };
}

function bothTallies(one: Readonly<Tallied>, other: Readonly<Tallied>): Tallied {
  return {
    requests: one.requests + other.requests,
    failed: one.failed + other.failed,
    refused: one.refused + other.refused,
  };
}
