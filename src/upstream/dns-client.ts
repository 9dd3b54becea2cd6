// Questions to DNS about where an app is. Answers may be anybody's: what cannot be the address or the name of an app is
// left out, and what is left proves nothing about who is there.
import { lookup, Resolver } from 'node:dns/promises';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';
import { type Hostname, isAddress, normalizeHostname } from '../core/hostname.ts';

/** Envoy's: `…_PREFERRED` and `AUTO`, which prefers IPv6, take the other family where there is none of the first. */
export type LookupFamily = 'AUTO' | 'V4_ONLY' | 'V6_ONLY' | 'V4_PREFERRED' | 'ALL';

export interface DnsSettings {
  readonly family: LookupFamily;
  /** `address:port`; empty: the system's, which for addresses means its hosts file, too. */
  readonly resolvers: readonly string[];
  /** Of one query, and how many are sent to each resolver; the system's own lookup has its own. */
  readonly timeoutMs: number;
  readonly tries: number;
}

/** One SRV record (RFC 2782). */
export interface ServiceRecord {
  readonly host: Hostname;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

type IpFamily = 4 | 6;

const FAMILIES: Readonly<Record<LookupFamily, readonly [IpFamily, ...IpFamily[]]>> = {
  AUTO: [6, 4],
  V4_ONLY: [4],
  V6_ONLY: [6],
  V4_PREFERRED: [4, 6],
  ALL: [6, 4],
};

/** Answers that say that there is nothing, as opposed to no answer. */
const NOTHING = new Set(['ENOTFOUND', 'ENODATA']);

/** Where nobody is: 'this network' (which Linux takes for this machine), multicast, reserved. */
const NOWHERE = new BlockList();
NOWHERE.addSubnet('0.0.0.0', 8);
NOWHERE.addSubnet('224.0.0.0', 3);
NOWHERE.addAddress('::', 'ipv6');
NOWHERE.addSubnet('ff00::', 8, 'ipv6');

/** For one round of questions; afterwards `cancel` ends what is open. */
export class DnsClient {
  readonly #settings: DnsSettings;
  readonly #resolver: Resolver;

  constructor(settings: DnsSettings) {
    const { resolvers, timeoutMs, tries } = settings;
    this.#settings = settings;
    this.#resolver = new Resolver({ timeout: timeoutMs, tries });
    if (resolvers.length > 0) this.#resolver.setServers(resolvers);
  }

  /** Empty where the name has none. Throws where nobody answers. */
  async addresses(host: string): Promise<Hostname[]> {
    const { family } = this.#settings;
    const [first, ...others] = FAMILIES[family];
    const found = new Set(await this.#addresses(host, first));
    for (const other of others)
      if (found.size === 0 || family === 'ALL')
        for (const address of await this.#addresses(host, other)) found.add(address);
    return [...found];
  }

  /** Empty where the name has none, or has one that says so. Throws where nobody answers. */
  async services(name: string): Promise<ServiceRecord[]> {
    const records = await orNothing(this.#resolver.resolveSrv(name));
    return records.flatMap(({ name: target, port, priority, weight }) => {
      const host = normalizeHostname(target);
      return host === undefined || isAddress(host) || port === 0 ? [] : [{ host, port, priority, weight }];
    });
  }

  cancel(): void {
    this.#resolver.cancel();
  }

  async #addresses(host: string, family: IpFamily): Promise<Hostname[]> {
    const answer =
      this.#settings.resolvers.length === 0
        ? lookup(host, { all: true, family }).then((all) => all.map(({ address }) => address))
        : family === 4
          ? this.#resolver.resolve4(host)
          : this.#resolver.resolve6(host);
    return (await orNothing(answer)).flatMap((address) => {
      const known = normalizeHostname(isIPv6(address) ? `[${address}]` : address);
      return known === undefined || NOWHERE.check(known, family === 4 ? 'ipv4' : 'ipv6') ? [] : [known];
    });
  }
}

async function orNothing<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer;
  } catch (error) {
    if (NOTHING.has((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** For connections by name: Node tries the addresses in turn (happy eyeballs, RFC 8305). */
export function createLookup(settings: DnsSettings): LookupFunction {
  return (host, options, done) => {
    new DnsClient(settings).addresses(host).then(
      (found) => {
        const all = found.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
        const [first] = all;
        if (first === undefined) done(new Error(`no address of ${host} is known`), []);
        else if (options.all === true) done(null, all);
        else done(null, first.address, first.family);
      },
      (error: Error) => done(error, []),
    );
  };
}
