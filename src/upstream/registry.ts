// Every pool of the process, by what its connections prove. Routes ask for theirs at the first request, so loading
// 100,000 routes makes none, and a reload that changes nothing about a pool finds it again. A pool nobody asks any
// more is idle, and what is idle for a minute is closed: a reload has nothing to retire by hand.
import type { SecureContext } from 'node:tls';
import { isRaw } from '../core/target.ts';
import { type Connect, type ConnectorOptions, createConnector } from './connector.ts';
import { createLookup } from './dns-client.ts';
import { Discovery, type DiscoverySettings, type OnDiscovery } from './discovery.ts';
import { EndpointHealth, type OnHealth } from './health.ts';
import { H2Pool } from './h2-pool.ts';
import { UndiciPool } from './undici-pool.ts';
import type { ConnectionPool, PoolStats } from './pool.ts';
import type { UpstreamSource } from './pooled-endpoint.ts';
import { poolKey, type PoolSettings, tlsKey } from './pool-settings.ts';
import { RawPool } from './raw-pool.ts';
import { createTlsContext } from './tls-context.ts';

/** Longer than any connection without requests is kept, so that closing an idle pool closes no warm connection. */
const IDLE_MS = 60_000;
const SWEEP_MS = 30_000;
/** Below the 5 s after which Node's own servers close: a request on a connection being closed would be lost. */
const KEEP_ALIVE_MS = 4000;
const MAX_KEEP_ALIVE_MS = 55_000;
const MAX_HEADER_BYTES = 65_536;

export interface UpstreamView extends PoolStats {
  readonly name: string;
  /** Null: nobody looks. */
  readonly isReady: boolean | null;
}

/** Told of what becomes of endpoints, and of what DNS says. */
export type OnUpstream = (event: Parameters<OnHealth>[0] | Parameters<OnDiscovery>[0]) => void;

export class UpstreamRegistry implements UpstreamSource {
  readonly #pools = new Map<string, ConnectionPool>();
  /** Held by the pools that use them. */
  readonly #contexts = new Map<string, WeakRef<SecureContext>>();
  /** Held by the routes that ask. */
  readonly #health = new Map<string, WeakRef<EndpointHealth>>();
  /** Held by the routes that ask, and by whoever follows them. */
  readonly #discoveries = new Map<string, WeakRef<Discovery>>();
  readonly #onEvent: OnUpstream;
  #sweeper: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(onEvent: OnUpstream = () => {}) {
    this.#onEvent = onEvent;
  }

  health(settings: PoolSettings): EndpointHealth {
    const key = poolKey(settings);
    const known = this.#health.get(key)?.deref();
    if (known !== undefined) return known;
    const health = new EndpointHealth(settings.target.name, this.#onEvent);
    this.#health.set(key, new WeakRef(health));
    return health;
  }

  forget(settings: PoolSettings): void {
    const key = poolKey(settings);
    this.#health.delete(key);
    // What is in flight there comes to its end; then `sweep` closes it.
    this.#closeIdle(key, performance.now());
  }

  discovery(settings: DiscoverySettings): Discovery {
    const key = JSON.stringify(settings);
    const known = this.#discoveries.get(key)?.deref();
    if (known !== undefined) return known;
    const discovery = new Discovery(settings, this.#onEvent);
    this.#discoveries.set(key, new WeakRef(discovery));
    return discovery;
  }

  connector(settings: PoolSettings): Connect {
    return createConnector(this.#connector(settings));
  }

  /** The pool for these settings, made when there is none. After `close` it is one that refuses everything. */
  acquire(settings: PoolSettings): ConnectionPool {
    const key = poolKey(settings);
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const pool = this.#create(settings);
    if (this.#isClosed) {
      void pool.close(0);
      return pool;
    }
    this.#pools.set(key, pool);
    this.#sweeper ??= setInterval(() => this.sweep(performance.now()), SWEEP_MS).unref();
    return pool;
  }

  /** Closes pools that have had nothing to do for a minute. `now` as of `performance.now()`. */
  sweep(now: number): void {
    for (const key of this.#pools.keys()) this.#closeIdle(key, now - IDLE_MS);
    for (const held of [this.#contexts, this.#health, this.#discoveries])
      for (const [key, one] of held) if (one.deref() === undefined) held.delete(key);
    if (this.#pools.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  /** By endpoint name, pools of the same address added up. */
  stats(): Map<string, PoolStats> {
    const sums = new Map<string, PoolStats>();
    for (const pool of this.#pools.values()) {
      const { open, inFlight, waiting } = pool.stats;
      const sum = sums.get(pool.name) ?? { open: 0, inFlight: 0, waiting: 0 };
      sums.set(pool.name, {
        open: sum.open + open,
        inFlight: sum.inFlight + inFlight,
        waiting: sum.waiting + waiting,
      });
    }
    return sums;
  }

  /** Every address that is in use or looked at. */
  views(): UpstreamView[] {
    const now = performance.now();
    const views = new Map<string, UpstreamView>();
    for (const [name, stats] of this.stats()) views.set(name, { name, ...stats, isReady: null });
    for (const held of this.#health.values()) {
      const health = held.deref();
      if (health === undefined) continue;
      const known = views.get(health.name) ?? { name: health.name, open: 0, inFlight: 0, waiting: 0 };
      views.set(health.name, { ...known, isReady: health.isReady(now) });
    }
    return [...views.values()];
  }

  /** Lets requests in flight end, cuts what is left after `deadlineMs`; resolves when no connection is open. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    this.#contexts.clear();
    await Promise.all(pools.map((pool) => pool.close(deadlineMs)));
  }

  #closeIdle(key: string, since: number): void {
    const pool = this.#pools.get(key);
    if (pool?.isIdleSince(since) !== true) return;
    this.#pools.delete(key);
    void pool.close(0);
  }

  #create(settings: PoolSettings): ConnectionPool {
    const { client, target, maxConnections, maxWaiting, pipelining } = settings;
    const connector = this.#connector(settings);
    const options = {
      target,
      connect: createConnector(connector),
      maxConnections,
      maxWaiting,
      pipelining,
      maxHeaderBytes: MAX_HEADER_BYTES,
      keepAliveMs: KEEP_ALIVE_MS,
      maxKeepAliveMs: MAX_KEEP_ALIVE_MS,
    };
    if (settings.hasH2) {
      const connectH2 = createConnector({ ...connector, protocols: ['h2', 'http/1.1'] });
      return new H2Pool({ ...options, connectH2 });
    }
    const Pool = client === 'raw' ? RawPool : UndiciPool;
    return new Pool(options);
  }

  #connector(settings: PoolSettings): ConnectorOptions {
    const { target, dns, connectTimeoutMs, spkiPins, sanPins } = settings;
    return {
      target,
      lookup: dns && createLookup(dns),
      ...(isRaw(target) && { protocols: [] }),
      connectTimeoutMs,
      secureContext: () => this.#context(settings),
      expected: { serverName: target.serverName, spkiPins, sanPins },
    };
  }

  #context(settings: PoolSettings): SecureContext {
    const key = tlsKey(settings);
    const known = this.#contexts.get(key)?.deref();
    if (known !== undefined) return known;
    const context = createTlsContext(settings.identity, settings.trust);
    this.#contexts.set(key, new WeakRef(context));
    return context;
  }
}
