// One address as one route sees it: a shared pool and the route's timeouts.
import type { Attempt, AttemptSink, Endpoint, OutgoingHead } from './contract.ts';
import type { Connect } from './connector.ts';
import type { Discovery, DiscoverySettings } from './discovery.ts';
import type { EndpointHealth } from './health.ts';
import type { ConnectionPool } from './pool.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { EndpointTimeouts } from './timeouts.ts';

/** Where pools come from: the registry. */
export interface PoolSource {
  acquire(settings: PoolSettings): ConnectionPool;
  /** How the address is doing that these connections lead to; the same for the same settings. */
  health(settings: PoolSettings): EndpointHealth;
  /** Makes connections and leaves them to the caller. */
  connector(settings: PoolSettings): Connect;
}

/** What upstreams are made from: the registry. */
export interface UpstreamSource extends PoolSource {
  /** What DNS says; the same for the same settings. Nothing is asked yet. */
  discovery(settings: DiscoverySettings): Discovery;
  /** There is nobody any more at the address that these connections lead to. */
  forget(settings: PoolSettings): void;
}

export class PooledEndpoint implements Endpoint {
  readonly name: string;
  readonly authority: string;
  readonly #settings: PoolSettings;
  readonly #timeouts: EndpointTimeouts;
  readonly #source: PoolSource;
  #pool: ConnectionPool | undefined;

  constructor(settings: PoolSettings, timeouts: EndpointTimeouts, source: PoolSource) {
    this.name = settings.target.name;
    this.authority = settings.target.authority;
    this.#settings = settings;
    this.#timeouts = timeouts;
    this.#source = source;
  }

  open(head: OutgoingHead, sink: AttemptSink): Attempt {
    if (this.#pool === undefined || this.#pool.isClosing) this.#pool = this.#source.acquire(this.#settings);
    return this.#pool.open(head, sink, this.#timeouts);
  }
}
