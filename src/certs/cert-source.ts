// Where certificates that the edge shows come from. Whatever it is (files, the configuration, a folder, an ACME server), it
// says what there is now, and is asked again when something may have changed.
import type { Credential } from '../pki/credential.ts';

export interface CertSource {
  /** In its own order: for one name the first counts. `now` in milliseconds since the epoch. Never throws. */
  credentials(now: number): Promise<readonly Credential[]>;
}
