// What a client sent after its leaf, from the certificate that Node gives for the peer.
import type { X509Certificate } from 'node:crypto';

/** More than this is not read: it is also more than `verify` looks at. */
const MAX_CERTIFICATES = 16;

/**
 * DER in the order sent. `peer` is the result of `getPeerX509Certificate()`, whose `issuerCertificate` links are the
 * certificates as they came, verified or not. Empty for a resumed session, which has only the leaf: there, pass
 * `undefined` to `verify` instead.
 */
export function sentChain(peer: X509Certificate): Buffer[] {
  const sent: Buffer[] = [];
  let next = peer.issuerCertificate;
  while (next !== undefined && sent.length < MAX_CERTIFICATES) {
    sent.push(next.raw);
    next = next.issuerCertificate;
  }
  return sent;
}
