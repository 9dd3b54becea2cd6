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
  readonly remote: readonly RemoteCrl[];
}

export class RemoteLists {
  readonly #remote: RemoteCrls;
  readonly #sources = new WeakMap<Trust, Sources>();

  constructor(parts: RemoteCrlParts) {
    this.#remote = new RemoteCrls(parts);
  }

  /** The same one for the same settings; waits for its lists the first time, ten seconds at most. */
  async get(settings: RemoteCrlSettings): Promise<RemoteCrl> {
    return await this.#remote.get(settings);
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

  /** What no group needs any more is asked for no more. */
  retain(groups: readonly TlsGroupSettings[]): void {
    const used = groups.flatMap(({ trust }) => (trust && this.#sources.get(trust)?.remote) ?? []);
    this.#remote.retain(new Set(used));
  }

  stop(): void {
    this.#remote.stop();
  }

  #renewedTrust(trust: Trust, now: number): Trust {
    const sources = this.#sources.get(trust);
    if (sources === undefined || sources.remote.length === 0 || trust.revocation === undefined) return trust;
    const crls = [...sources.own, ...sources.remote.flatMap(({ lists }) => lists)];
    const { scope, freshness, graceMs } = trust.revocation;
    const revocation = compileRevocation({ scope, freshness, graceMs, crls });
    const next = settled({ ...trust, revocation, version: trust.version + 1 }, trust, now);
    this.#sources.set(next, sources);
    return next;
  }
}
