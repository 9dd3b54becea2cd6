// Strict-Transport-Security: for which hosts it is said.
import type { CredentialStore } from '../certs/credential-store.ts';
import { type Hostname, isAddress } from '../core/hostname.ts';
import type { Served } from '../pipeline/served-route.ts';

const HSTS = 'max-age=31536000';

/**
 * `max-age` alone, and never where a browser would then refuse plain HTTP on a developer's other ports: localhost,
 * addresses (RFC 6797 8.1.1), development certificates. To be made anew with the certificates.
 */
export function hstsWith(credentials: CredentialStore | undefined): Served['hsts'] {
  return (sni) => {
    if (sni === undefined || sni === 'localhost' || sni.endsWith('.localhost') || isAddress(sni))
      return undefined;
    return credentials?.select(sni as Hostname).isDevelopment === true ? undefined : HSTS;
  };
}
