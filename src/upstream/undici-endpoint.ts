// The upstream contract on undici: one address as one route sees it, that is a shared pool and the route's timeouts.
import type { Attempt, AttemptSink, Endpoint, OutgoingHead } from './contract.ts';
import type { EndpointPool } from './endpoint-pool.ts';
import type { Target } from './target.ts';
import type { EndpointTimeouts } from './timeouts.ts';

export class UndiciEndpoint implements Endpoint {
  readonly name: string;
  readonly authority: string;
  readonly #poolOf: () => EndpointPool;
  readonly #timeouts: EndpointTimeouts;

  /** `poolOf` is asked at every request, so that a pool is made at the first one and not at every load of the routes. */
  constructor(target: Target, poolOf: () => EndpointPool, timeouts: EndpointTimeouts) {
    this.name = target.name;
    this.authority = target.authority;
    this.#poolOf = poolOf;
    this.#timeouts = timeouts;
  }

  open(head: OutgoingHead, sink: AttemptSink): Attempt {
    return this.#poolOf().open(head, sink, this.#timeouts);
  }
}
