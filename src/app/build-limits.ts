// From settings about rates to the limits that requests are counted against. A limit that a reload leaves as it is goes on
// counting where it was.
import type { Config } from '../config/schema.ts';
import { RateLimit } from '../core/rate-limit.ts';
import { parseAffinityKey } from '../pipeline/affinity.ts';
import type { RequestLimit } from '../pipeline/rate-limits.ts';

type Given = NonNullable<Config['rate_limits']>;

/** By where they stand and what they say. */
export type KnownLimits = ReadonlyMap<string, RequestLimit>;

export class LimitsBuilder {
  readonly #known: KnownLimits;
  readonly made = new Map<string, RequestLimit>();

  constructor(known: KnownLimits) {
    this.#known = known;
  }

  /** `place`: unique among those that have limits, the same after a reload. */
  of(place: string, given: Given | undefined): RequestLimit[] {
    return (given ?? []).map(({ key, requests, per, burst = requests }) => {
      const id = JSON.stringify([place, key, requests, per, burst]);
      const limit = this.#known.get(id) ?? {
        key: key === 'all' ? undefined : parseAffinityKey(key),
        limit: new RateLimit({ count: requests, periodMs: per, burst }),
      };
      this.made.set(id, limit);
      return limit;
    });
  }
}
