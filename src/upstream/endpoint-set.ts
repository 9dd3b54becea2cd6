// Endpoints that requests are spread over, as they are at one moment: never changed, but replaced by another set.
import { type Balance, type BalancePolicy, createBalance } from './balance.ts';
import type { Endpoint } from './contract.ts';
import type { EndpointHealth, OutlierSettings } from './health.ts';
import type { PoolSettings } from './pool-settings.ts';

export interface Member {
  readonly endpoint: Endpoint;
  readonly pool: PoolSettings;
  /** Positive. */
  readonly weight: number;
  /** The lowest that has one that is ready gets everything. */
  readonly tier: number;
  /** Undefined where nobody looks. */
  readonly health: EndpointHealth | undefined;
}

export interface SetPolicy {
  readonly policy: BalancePolicy;
  readonly outliers: OutlierSettings;
  /** Below this share of a tier's endpoints that are ready, percent, all are taken for ready; 0: only where none is. */
  readonly panicPercent: number;
  /** How long one that comes, or comes back, gets less than its share; 0: not at all. */
  readonly slowStartMs: number;
}

export interface Choice {
  /** One that has just failed: another is taken where there is another. */
  readonly not?: Endpoint | undefined;
  /** What requests that belong together share. */
  readonly key?: string | undefined;
  /** Taken where it is ready. */
  readonly preferred?: Endpoint | undefined;
}

export class EndpointSet {
  readonly members: readonly Member[];
  readonly endpoints: readonly Endpoint[];
  readonly #settings: SetPolicy;
  /** Empty where there is nothing to choose. */
  readonly #tiers: readonly Tier[];

  constructor(members: readonly Member[], settings: SetPolicy) {
    this.members = members;
    this.endpoints = members.map(({ endpoint }) => endpoint);
    this.#settings = settings;
    const numbers =
      members.length < 2 ? [] : [...new Set(members.map(({ tier }) => tier))].sort((a, b) => a - b);
    this.#tiers = numbers.map(
      (number) =>
        new Tier(
          members.filter(({ tier }) => tier === number),
          settings,
        ),
    );
  }

  /** Undefined only where there is none. */
  pick(choice: Choice): Endpoint | undefined {
    const [first] = this.#tiers;
    if (first === undefined) return this.endpoints[0];
    const now = performance.now();
    const tier = this.#tiers.length === 1 ? first : this.#tiers.find((one) => one.hasReady(now, choice.not));
    return (tier ?? first).pick(choice, now);
  }

  healthOf(endpoint: Endpoint): EndpointHealth | undefined {
    return this.members[this.endpoints.indexOf(endpoint)]?.health;
  }

  /** Whether one may be left out: not too many of its tier, unless the next tiers can take over. */
  mayEject(ejected: EndpointHealth): boolean {
    const tier = this.members.find(({ health }) => health === ejected)?.tier;
    if (tier === undefined) return false;
    const now = performance.now();
    if (this.members.some((one) => one.tier > tier && one.health?.isReady(now) !== false)) return true;
    const all = this.members.filter((one) => one.tier === tier);
    const out = all.filter(({ health }) => health?.isEjected(now) === true).length;
    return (
      all.length > 1 && (out === 0 || ((out + 1) / all.length) * 100 <= this.#settings.outliers.maxPercent)
    );
  }
}

/** Endpoints among which weights decide. */
class Tier {
  readonly #members: readonly Member[];
  readonly #settings: SetPolicy;
  readonly #balance: Balance;

  constructor(members: readonly Member[], settings: SetPolicy) {
    this.#members = members;
    this.#settings = settings;
    this.#balance = createBalance(settings.policy, {
      names: members.map(({ endpoint }) => endpoint.name),
      weights: members.map(({ weight }) => weight),
      active: (index) => members[index]?.health?.active ?? 0,
    });
  }

  hasReady(now: number, not: Endpoint | undefined): boolean {
    return this.#members.some(({ endpoint, health }) => endpoint !== not && health?.isReady(now) !== false);
  }

  pick({ not, key, preferred }: Choice, now: number): Endpoint | undefined {
    const isUnready = this.#unready(now);
    const refused = this.#indexOf(not);
    const isOut = (index: number): boolean => index === refused || isUnready(index);
    const wanted = this.#indexOf(preferred);
    if (wanted !== -1 && !isOut(wanted)) return preferred;
    let index = this.#balance.next(isOut, key);
    if (index !== -1 && this.#mustStillWait(index, now)) {
      const other = this.#balance.next((one) => one === index || isOut(one), key);
      if (other !== -1) index = other;
    }
    if (index === -1) index = this.#balance.next((one) => one === refused, key);
    return this.#members[index === -1 ? refused : index]?.endpoint;
  }

  #indexOf(endpoint: Endpoint | undefined): number {
    return endpoint === undefined ? -1 : this.#members.findIndex((one) => one.endpoint === endpoint);
  }

  #unready(now: number): (index: number) => boolean {
    const { length } = this.#members;
    let ready = 0;
    for (const { health } of this.#members) if (health?.isReady(now) !== false) ready++;
    const isPanic = ready === 0 || (ready / length) * 100 < this.#settings.panicPercent;
    if (isPanic || ready === length) return never;
    return (index) => this.#members[index]?.health?.isReady(now) === false;
  }

  #mustStillWait(index: number, now: number): boolean {
    const { slowStartMs } = this.#settings;
    const health = this.#members[index]?.health;
    return slowStartMs > 0 && health !== undefined && Math.random() > health.shareAt(now, slowStartMs);
  }
}

const never = (): boolean => false;
