// Revocation lists that are fetched, and the trusts that they are part of: a new edition comes into force without a look
// at the configuration, which may be in the middle of a change.
import type { RemoteCrl, RemoteCrlParts, RemoteCrlSettings } from '../certs/remote-crl.ts';
import { RemoteCrls } from '../certs/remote-crls.ts';
import type { TlsGroupSettings } from '../edge/tls-group.ts';
import type { Crl } from '../pki/crl.ts';
import { compileRevocation } from '../pki/revocation.ts';
import { settled } from '../pki/same-trust.ts';
import type { Trust } from '../pki/trust.ts';

/** Where the lists of a trust come from. */
interface Sources {
  /** From files and the configuration. */
  readonly own: readonly Crl[];
  readonly urls: readonly string[];
}

export class RemoteLists {
  readonly #remote: RemoteCrls;
  readonly #current = new Map<string, Pick<RemoteCrl, 'lists' | 'fault'>>();
  readonly #sources = new WeakMap<Trust, Sources>();

  constructor(parts: RemoteCrlParts) {
    this.#remote = new RemoteCrls(parts);
  }

  /** What is known of an address; waits for it the first time, ten seconds at most. */
  async get(settings: RemoteCrlSettings): Promise<Pick<RemoteCrl, 'lists' | 'fault'>> {
    const remote = await this.#remote.get(settings);
    this.#current.set(settings.url, remote);
    return remote;
  }

  remember(trust: Trust, sources: Sources): void {
    this.#sources.set(trust, sources);
  }

  /** The same groups with the lists of now; the very same array where nothing about them is new. */
  renewed(groups: readonly TlsGroupSettings[], now: number): readonly TlsGroupSettings[] {
    let isNew = false;
    const next = groups.map((group) => {
      const trust = group.trust && this.#renewedTrust(group.trust, now);
      if (trust === group.trust) return group;
      isNew = true;
      return { ...group, trust };
    });
    return isNew ? next : groups;
  }

  /** Addresses that no group needs any more are asked no more. */
  retain(groups: readonly TlsGroupSettings[]): void {
    const urls = new Set<string>();
    for (const { trust } of groups)
      for (const url of (trust && this.#sources.get(trust)?.urls) ?? []) urls.add(url);
    this.#remote.retain(urls);
    for (const url of this.#current.keys()) if (!urls.has(url)) this.#current.delete(url);
  }

  stop(): void {
    this.#remote.stop();
  }

  #renewedTrust(trust: Trust, now: number): Trust {
    const sources = this.#sources.get(trust);
    if (sources === undefined || sources.urls.length === 0 || trust.revocation === undefined) return trust;
    const fetched = sources.urls.flatMap((url) => this.#current.get(url)?.lists ?? []);
    const { scope, freshness, graceMs } = trust.revocation;
    const revocation = compileRevocation({ scope, freshness, graceMs, crls: [...sources.own, ...fetched] });
    const next = settled({ ...trust, revocation, version: trust.version + 1 }, trust, now);
    this.#sources.set(next, sources);
    return next;
  }
}
