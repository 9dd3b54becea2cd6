// Whom an upstream is made of where DNS has a say: each place in `to` with the addresses that are known for it. What stays
// from one answer to the next keeps its pool, its health and its counters.
import { type Target, atAddress } from '../core/target.ts';
import type { Endpoint } from './contract.ts';
import { createEndpoint } from './create-endpoint.ts';
import type { Discovery, Instance } from './discovery.ts';
import type { Member } from './endpoint-set.ts';
import type { UpstreamSource } from './pooled-endpoint.ts';
import { type PoolSettings, poolKey } from './pool-settings.ts';
import type { EndpointTimeouts } from './timeouts.ts';

/** One entry of `to`. */
export interface Place {
  readonly pool: PoolSettings;
  /** Shared by all of its addresses. */
  readonly weight: number;
  /** Undefined: it is one endpoint for good. */
  readonly discovery: Discovery | undefined;
}

export class Membership {
  readonly discoveries: readonly Discovery[];
  readonly #places: readonly Place[];
  readonly #timeouts: EndpointTimeouts;
  readonly #source: UpstreamSource;
  #answers: readonly (readonly Instance[])[] | undefined;
  #members: readonly Member[] = [];

  constructor(places: readonly Place[], timeouts: EndpointTimeouts, source: UpstreamSource) {
    this.discoveries = places.flatMap(({ discovery }) => discovery ?? []);
    this.#places = places;
    this.#timeouts = timeouts;
    this.#source = source;
  }

  /** The very same list while DNS says the same. */
  members(): readonly Member[] {
    const answers = this.discoveries.map(({ instances }) => instances);
    if (this.#answers?.every((answer, index) => answer === answers[index]) === true) return this.#members;
    this.#answers = answers;
    const before = new Map(this.#members.map((member) => [poolKey(member.pool), member]));
    const after = new Map<string, Member>();
    for (const place of this.#places)
      for (const { pool, weight, tier } of membersOf(place)) {
        const key = poolKey(pool);
        const known = before.get(key) ?? this.#arrive(pool, before.size > 0);
        after.set(key, { ...known, weight: weight + (after.get(key)?.weight ?? 0), tier });
      }
    for (const [key, { pool }] of before) if (!after.has(key)) this.#source.forget(pool);
    this.#members = [...after.values()];
    return this.#members;
  }

  shown(): Pick<Endpoint, 'name' | 'authority'>[] {
    return this.#places.flatMap((place) => {
      const targets = membersOf(place).map(({ pool }) => pool.target);
      return targets.length > 0 ? targets : [unknown(place.pool.target)];
    });
  }

  #arrive(pool: PoolSettings, isLate: boolean): Omit<Member, 'weight' | 'tier'> {
    const health = this.#source.health(pool);
    if (isLate) health.noteArrival(performance.now());
    return { endpoint: createEndpoint(pool, this.#timeouts, this.#source), pool, health };
  }
}

type Share = Pick<Member, 'pool' | 'weight' | 'tier'>;

function membersOf({ pool, weight, discovery }: Place): Share[] {
  if (discovery === undefined) return [{ pool, weight, tier: 0 }];
  const { target } = pool;
  return discovery.instances.map(({ host, port, address, share, tier }) => ({
    pool: { ...pool, target: atAddress(target, host, port ?? target.port, address) },
    weight: weight * share,
    tier,
  }));
}

function unknown({ name, authority }: Target): Pick<Endpoint, 'name' | 'authority'> {
  return { name: `${name} (no address known)`, authority };
}
