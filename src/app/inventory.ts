// Every certificate that a configuration relies on: noted while it is built, with its place, and judged whenever somebody
// wants to know.
import { pathText } from '../core/issue.ts';
import type { IssuePath } from '../core/issue.ts';
import type { CertificateFacts } from '../pki/identity.ts';

/** What it is for: shown to clients, or to apps; vouches for clients, or for apps. */
export type CertificateUse = 'edge' | 'client_ca' | 'upstream_identity' | 'upstream_ca';

export interface NotedCertificate {
  readonly use: CertificateUse;
  /** Where it is named: `certificates[0].cert`. */
  readonly place: string;
  readonly facts: CertificateFacts;
}

export class Inventory {
  readonly #noted = new Map<string, NotedCertificate>();

  get certificates(): readonly NotedCertificate[] {
    return [...this.#noted.values()];
  }

  /** One that is used for the same thing twice is noted at its first place. */
  note(use: CertificateUse, at: IssuePath, facts: CertificateFacts): void {
    const key = `${use} ${facts.sha256}`;
    if (!this.#noted.has(key)) this.#noted.set(key, { use, place: pathText(at), facts });
  }
}
