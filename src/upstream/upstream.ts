// A named group of endpoints, and which of them the next attempt goes to.
import { WeightedRoundRobin } from './balance.ts';
import type { Endpoint } from './contract.ts';

export class Upstream {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  readonly #turns: WeightedRoundRobin;

  /** `weights` are positive, one an endpoint. */
  constructor(name: string, endpoints: readonly Endpoint[], weights: readonly number[]) {
    this.name = name;
    this.endpoints = endpoints;
    this.#turns = new WeightedRoundRobin(weights);
  }

  /**
   * The endpoint for the next attempt. With `not`, one that has just failed, another than that where there is another.
   * Undefined only in a group without endpoints.
   */
  pick(not?: Endpoint): Endpoint | undefined {
    return this.endpoints[this.#turns.next(not === undefined ? -1 : this.endpoints.indexOf(not))];
  }
}
