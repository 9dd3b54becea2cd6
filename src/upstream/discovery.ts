// What DNS says about where the instances of an app are: the addresses of a name, or its SRV records (RFC 2782) and the
// addresses of the hosts in them. Asked again and again by `Discoveries`; what was known last stands until there is an
// answer with something in it.
import type { Hostname } from '../core/hostname.ts';
import { jittered } from '../core/jitter.ts';
import { DnsClient, type DnsSettings, type ServiceRecord } from './dns-client.ts';

export interface DiscoverySettings {
  readonly kind: 'address' | 'srv';
  readonly name: Hostname;
  readonly dns: DnsSettings;
  readonly refreshMs: number;
  readonly failureRefreshMs: number;
}

export interface Instance {
  readonly host: Hostname;
  readonly address: Hostname;
  /** Undefined: the one that was configured. */
  readonly port: number | undefined;
  /** Of its tier, adding up to 1. */
  readonly share: number;
  /** 0 gets everything while one of it is ready, then 1, and so on. */
  readonly tier: number;
}

/** Told of every change, of the first of several failures in a row, and of the end of them. */
export type OnDiscovery = (event: {
  readonly name: string;
  /** All that are known now. */
  readonly addresses: readonly string[];
  readonly fault: string | undefined;
}) => void;

/** More is an attack, or a mistake. */
const MAX_INSTANCES = 100;
const TOO_MANY = `there are more than ${MAX_INSTANCES}, the rest is left out`;

/** RFC 2782 gives a record of weight 0 'a very small chance' beside others. */
const LEAST_WEIGHT = 0.01;

export class Discovery {
  readonly #settings: DiscoverySettings;
  readonly #onEvent: OnDiscovery;
  #instances: readonly Instance[] = [];
  #fault: string | undefined;
  #told: Pick<Parameters<OnDiscovery>[0], 'addresses' | 'fault'> | undefined;
  #dueAt = -Infinity;
  #client: DnsClient | undefined;
  #asking: Promise<void> | undefined;

  constructor(settings: DiscoverySettings, onEvent: OnDiscovery) {
    this.#settings = settings;
    this.#onEvent = onEvent;
  }

  /** The very same list until there is another answer; empty before the first. */
  get instances(): readonly Instance[] {
    return this.#instances;
  }

  /** Whether there was an outcome, good or bad. */
  get wasAsked(): boolean {
    return this.#dueAt !== -Infinity;
  }

  /** How long until DNS is to be asked again. `now` as of `performance.now()`. */
  waitMs(now: number): number {
    return Math.max(0, this.#dueAt - now);
  }

  /** Asks once, for all who want to know at the same time. Never throws. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** Tells what is new since the last time. */
  report(): void {
    if (!this.wasAsked) return;
    const before = this.#told;
    const told = { addresses: this.#instances.map(textOf), fault: this.#fault };
    const isSame = String(before?.addresses) === String(told.addresses);
    if (before !== undefined && isSame && (before.fault === undefined) === (told.fault === undefined)) return;
    this.#told = told;
    this.#onEvent({ name: this.#settings.name, ...told });
  }

  /** Ends a question that is under way as if it had not been asked. */
  cancel(): void {
    this.#client?.cancel();
    this.#client = undefined;
  }

  async #ask(): Promise<void> {
    const { dns, kind, refreshMs, failureRefreshMs } = this.#settings;
    const client = new DnsClient(dns);
    this.#client = client;
    const faults: string[] = [];
    const found = await (kind === 'srv' ? this.#services(client, faults) : this.#addresses(client)).catch(
      (error: unknown) => {
        faults.push(error instanceof Error ? error.message : String(error));
        return [];
      },
    );
    if (this.#client !== client) return;
    this.#client = undefined;
    if (found.length === 0 && faults.length === 0) faults.push('the answer has no address');
    if (found.length > MAX_INSTANCES) faults.push(TOO_MANY);
    this.#dueAt = performance.now() + jittered(found.length === 0 ? failureRefreshMs : refreshMs);
    this.#take(withShares(found.slice(0, MAX_INSTANCES)), faults[0]);
  }

  #take(instances: readonly Instance[], fault: string | undefined): void {
    const isNew = instances.length > 0 && JSON.stringify(instances) !== JSON.stringify(this.#instances);
    if (isNew) this.#instances = instances;
    this.#fault = fault;
  }

  async #addresses(client: DnsClient): Promise<Found[]> {
    const { name } = this.#settings;
    const addresses = await client.addresses(name);
    return addresses.sort().map((address) => ({ host: name, address, port: undefined, weight: 1, tier: 0 }));
  }

  async #services(client: DnsClient, faults: string[]): Promise<Found[]> {
    const all = await client.services(this.#settings.name);
    if (all.length > MAX_INSTANCES) faults.push(TOO_MANY);
    const records = all.sort(inOrder).slice(0, MAX_INSTANCES);
    const priorities = [...new Set(records.map(({ priority }) => priority))];
    const hosts = new Map<Hostname, Promise<Hostname[]>>();
    for (const { host } of records)
      if (!hosts.has(host)) hosts.set(host, this.#hostAddresses(host, client, faults));
    const found = new Map<string, Found>();
    for (const { host, port, priority, weight } of records) {
      const addresses = (await hosts.get(host)) ?? [];
      for (const address of addresses) {
        const each = Math.max(weight, LEAST_WEIGHT) / addresses.length;
        const one = { host, address, port, weight: each, tier: priorities.indexOf(priority) };
        const key = `${host} ${address} ${port}`;
        if (!found.has(key)) found.set(key, one);
      }
    }
    return [...found.values()];
  }

  /** One host that cannot be looked up takes nothing from the others, and is where it was. */
  async #hostAddresses(host: Hostname, client: DnsClient, faults: string[]): Promise<Hostname[]> {
    try {
      return (await client.addresses(host)).sort();
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
      const known = this.#instances.filter((one) => one.host === host).map(({ address }) => address);
      return [...new Set(known)];
    }
  }
}

interface Found extends Omit<Instance, 'share'> {
  readonly weight: number;
}

/** In an order that does not depend on that of the answer, which changes from one to the next. */
function inOrder(one: ServiceRecord, other: ServiceRecord): number {
  return (
    one.priority - other.priority ||
    (one.host < other.host ? -1 : one.host > other.host ? 1 : one.port - other.port)
  );
}

function withShares(found: readonly Found[]): Instance[] {
  const sums = new Map<number, number>();
  for (const { tier, weight } of found) sums.set(tier, (sums.get(tier) ?? 0) + weight);
  return found.map(({ weight, ...one }) => ({ ...one, share: weight / (sums.get(one.tier) ?? 1) }));
}

function textOf({ host, address, port }: Instance): string {
  return port === undefined ? address : `${host}:${port} (${address})`;
}
