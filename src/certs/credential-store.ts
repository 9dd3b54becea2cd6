// The certificates of the edge, chosen by server name: exact, then a wildcard of one label (RFC 6125 6.4.3, unlike the
// wildcard of a route, which covers any number of labels), then the first.
import type { Hostname } from '../core/hostname.ts';
import type { Credential } from '../pki/credential.ts';

export class CredentialStore {
  /** Served where no name fits, and to clients that send none. */
  readonly first: Credential;
  readonly all: readonly Credential[];
  readonly #exact = new Map<string, Credential>();
  readonly #wildcard = new Map<string, Credential>();

  /** The order is the user's: for one name the first certificate wins. */
  constructor(first: Credential, ...others: readonly Credential[]) {
    this.first = first;
    this.all = [first, ...others];
    for (const credential of this.all) {
      for (const name of credential.names) {
        const isWildcard = name.startsWith('*.');
        const table = isWildcard ? this.#wildcard : this.#exact;
        const key = isWildcard ? name.slice(2) : name;
        if (!table.has(key)) table.set(key, credential);
      }
    }
  }

  /** Whether one of them names the host. */
  covers(host: Hostname): boolean {
    return this.#exact.has(host) || this.#wildcard.has(host.slice(host.indexOf('.') + 1));
  }

  select(host: Hostname | undefined): Credential {
    if (host === undefined) return this.first;
    const dot = host.indexOf('.');
    return (
      this.#exact.get(host) ?? (dot === -1 ? undefined : this.#wildcard.get(host.slice(dot + 1))) ?? this.first
    );
  }
}
