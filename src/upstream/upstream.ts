// A named group of endpoints: which of them the next attempt goes to, and which of them had better be left alone.
import { type Balance, type BalancePolicy, createBalance } from './balance.ts';
import type { Endpoint } from './contract.ts';
import type { EndpointHealth, OutlierSettings } from './health.ts';
import type { CheckedEndpoint } from './health-check.ts';

export interface UpstreamSet {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  /** Positive, one an endpoint. */
  readonly weights: readonly number[];
  /** One an endpoint; empty where nobody looks. */
  readonly health: readonly EndpointHealth[];
  readonly policy: BalancePolicy;
  readonly outliers: OutlierSettings;
  /** Below this share of endpoints that are ready, percent, all are taken for ready; 0: only where none is. */
  readonly panicPercent: number;
  /** How long one that comes back gets less than its share; 0: not at all. */
  readonly slowStartMs: number;
  /** Requests under way at once; beyond it none is begun. */
  readonly maxRequests: number;
  /** What is looked at by checks of its own. */
  readonly checked: readonly CheckedEndpoint[];
}

export interface Choice {
  /** One that has just failed: another is taken where there is another. */
  readonly not?: Endpoint | undefined;
  /** What requests that belong together share. */
  readonly key?: string | undefined;
  /** Taken where it is ready. */
  readonly preferred?: Endpoint | undefined;
}

/** Second tries at once, beside a fifth of what is under way: a set that is down must not be asked twice as much. */
const MIN_RETRIES = 3;
const RETRY_SHARE = 0.2;
const NO_CHOICE: Choice = {};

export class Upstream {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  readonly #set: UpstreamSet;
  readonly #balance: Balance;
  #active = 0;
  #retries = 0;

  constructor(set: UpstreamSet) {
    this.name = set.name;
    this.endpoints = set.endpoints;
    this.#set = set;
    this.#balance = createBalance(set.policy, {
      names: set.endpoints.map(({ name }) => name),
      weights: set.weights,
      active: (index) => set.health[index]?.active ?? 0,
    });
  }

  get checked(): readonly CheckedEndpoint[] {
    return this.#set.checked;
  }

  get isFull(): boolean {
    return this.#active >= this.#set.maxRequests;
  }

  /** The endpoint for the next attempt. Undefined only in a group without endpoints. */
  pick({ not, key, preferred }: Choice = NO_CHOICE): Endpoint | undefined {
    const { endpoints } = this;
    if (endpoints.length < 2) return endpoints[0];
    const now = performance.now();
    const isUnready = this.#unready(now);
    const refused = not === undefined ? -1 : endpoints.indexOf(not);
    const isOut = (index: number): boolean => index === refused || isUnready(index);
    if (preferred !== undefined && preferred !== not && !isOut(endpoints.indexOf(preferred)))
      return preferred;
    let index = this.#balance.next(isOut, key);
    if (index !== -1 && this.#mustStillWait(index, now)) {
      const other = this.#balance.next((one) => one === index || isOut(one), key);
      if (other !== -1) index = other;
    }
    if (index === -1) index = this.#balance.next((one) => one === refused, key);
    return endpoints[index === -1 ? refused : index];
  }

  /** A request goes to it. What it returns is for `end`. */
  begin(endpoint: Endpoint): EndpointHealth | undefined {
    const health = this.#set.health[this.endpoints.indexOf(endpoint)];
    this.#active++;
    if (health !== undefined) health.active++;
    return health;
  }

  /** The request is over: with an answer of this status, by a fault of the endpoint, or through no fault of its own. */
  end(health: EndpointHealth | undefined, outcome: number | 'failed' | 'gone'): void {
    this.#active--;
    if (health === undefined) return;
    health.active--;
    if (outcome === 'gone') return;
    const { outliers } = this.#set;
    const isOutlier =
      outcome === 'failed' ? health.noteFailure(outliers) : health.noteAnswer(outcome, outliers);
    if (isOutlier && this.#mayEject()) health.eject(performance.now(), outliers);
  }

  /** Whether one more second try is within the budget; `endRetry` gives its place back. */
  beginRetry(): boolean {
    if (this.#retries >= Math.max(MIN_RETRIES, this.#active * RETRY_SHARE)) return false;
    this.#retries++;
    return true;
  }

  endRetry(): void {
    this.#retries--;
  }

  #unready(now: number): (index: number) => boolean {
    const { health, panicPercent } = this.#set;
    let ready = 0;
    for (const one of health) if (one.isReady(now)) ready++;
    const isPanic = ready === 0 || (ready / health.length) * 100 < panicPercent;
    if (isPanic || ready === health.length) return never;
    return (index) => health[index]?.isReady(now) === false;
  }

  #mustStillWait(index: number, now: number): boolean {
    const { slowStartMs, health } = this.#set;
    const one = health[index];
    return slowStartMs > 0 && one !== undefined && Math.random() > one.shareAt(now, slowStartMs);
  }

  #mayEject(): boolean {
    const { health, outliers } = this.#set;
    const now = performance.now();
    const out = health.filter((one) => one.isEjected(now)).length;
    return health.length > 1 && (out === 0 || ((out + 1) / health.length) * 100 <= outliers.maxPercent);
  }
}

const never = (): boolean => false;
