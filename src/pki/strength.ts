// Which keys are too weak to rely on. OpenSSL at security level 2 refuses most of these too, but says only UNSPECIFIED.
import type { CertificateFacts } from './identity.ts';

const MIN_RSA_BITS = 2048;
const MIN_EC_BITS = 256;

/** What is too weak about the key, in words; undefined when it is strong enough. */
export function weakness({ type, bits }: CertificateFacts['key']): string | undefined {
  if (type === 'rsa')
    return bits < MIN_RSA_BITS ? `an RSA key of ${bits} bits, below ${MIN_RSA_BITS}` : undefined;
  if (type === 'ec')
    return bits < MIN_EC_BITS ? `an EC key of ${bits} bits, below ${MIN_EC_BITS}` : undefined;
  return type === 'other' ? 'a key of a kind that is not known here' : undefined;
}
