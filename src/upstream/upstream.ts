// A named group of endpoints: which of them the next attempt goes to, and which of them had better be left alone. Where DNS
// says which there are, another set takes the place of the one before; requests under way keep the endpoint they have.
import type { Endpoint } from './contract.ts';
import type { Discovery } from './discovery.ts';
import { type Choice, EndpointSet, type Member, type SetPolicy } from './endpoint-set.ts';
import type { EndpointHealth } from './health.ts';
import type { CheckedEndpoint, HealthCheck } from './health-check.ts';
import { Membership } from './membership.ts';

export interface UpstreamPolicy extends SetPolicy {
  readonly name: string;
  /** Requests under way at once; beyond it none is begun. */
  readonly maxRequests: number;
  /** Second tries at once; undefined: a share of what is under way. */
  readonly maxRetries: number | undefined;
  /** What is found out about each endpoint beside what requests find. */
  readonly checks: readonly HealthCheck[];
}

/** Second tries at once, beside a fifth of what is under way: a set that is down must not be asked twice as much. */
const MIN_RETRIES = 3;
const RETRY_SHARE = 0.2;
const NO_CHOICE: Choice = {};
const NONE: readonly Discovery[] = [];

export class Upstream {
  readonly name: string;
  readonly #settings: UpstreamPolicy;
  readonly #membership: Membership | undefined;
  #set: EndpointSet;
  #active = 0;
  #retries = 0;

  /** Its members for good, or as DNS says. */
  constructor(settings: UpstreamPolicy, members: readonly Member[] | Membership) {
    this.name = settings.name;
    this.#settings = settings;
    this.#membership = members instanceof Membership ? members : undefined;
    this.#set = new EndpointSet(members instanceof Membership ? members.members() : members, settings);
  }

  get endpoints(): readonly Endpoint[] {
    return this.#set.endpoints;
  }

  /** Whom it goes to, for people: names that DNS has given no address for are among them. */
  get shown(): readonly Pick<Endpoint, 'name' | 'authority'>[] {
    return this.#membership?.shown() ?? this.endpoints;
  }

  /** What is asked of DNS for it. */
  get discoveries(): readonly Discovery[] {
    return this.#membership?.discoveries ?? NONE;
  }

  get checked(): readonly CheckedEndpoint[] {
    const { checks } = this.#settings;
    return checks.length === 0 ? [] : this.#set.members.map(({ pool, health }) => ({ pool, checks, health }));
  }

  /** Whether its endpoints are looked at, or follow DNS. */
  get isFollowed(): boolean {
    return this.#settings.checks.length > 0 || this.#membership !== undefined;
  }

  get isFull(): boolean {
    return this.#active >= this.#settings.maxRequests;
  }

  /** Takes what DNS says now. Returns whether that is something new. */
  refresh(): boolean {
    const members = this.#membership?.members() ?? this.#set.members;
    if (members === this.#set.members) return false;
    this.#set = new EndpointSet(members, this.#settings);
    return true;
  }

  /** The endpoint for the next attempt. Undefined only in a group without endpoints. */
  pick(choice: Choice = NO_CHOICE): Endpoint | undefined {
    return this.#set.pick(choice);
  }

  /** A request goes to it. What it returns is for `end`. */
  begin(endpoint: Endpoint): EndpointHealth | undefined {
    const health = this.#set.healthOf(endpoint);
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
    const { outliers } = this.#settings;
    const isOutlier =
      outcome === 'failed' ? health.noteFailure(outliers) : health.noteAnswer(outcome, outliers);
    if (isOutlier && this.#set.mayEject(health)) health.eject(performance.now(), outliers);
  }

  /** Whether one more second try is within the budget; `endRetry` gives its place back. */
  beginRetry(): boolean {
    const { maxRetries = Math.max(MIN_RETRIES, this.#active * RETRY_SHARE) } = this.#settings;
    if (this.#retries >= maxRetries) return false;
    this.#retries++;
    return true;
  }

  endRetry(): void {
    this.#retries--;
  }
}
