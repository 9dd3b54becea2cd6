// Whether the certificate an app showed is the one this endpoint must have: its name, and its pins. Ours and not Node's
// `checkServerIdentity`, which takes a common name for a host name and is left out on resumed sessions.
import { createHash, type X509Certificate } from 'node:crypto';
import { isAddress } from '../core/hostname.ts';
import { parseCertificate } from '../pki/facts.ts';

export interface PeerExpectation {
  /** DNS name or address that the certificate must have as a SAN; a common name does not count (RFC 9525 2). */
  readonly serverName: string;
  /** Base64 of SHA-256 over the leaf's SubjectPublicKeyInfo; when not empty one of them must match. */
  readonly spkiPins: readonly string[];
  /** DNS names, URIs or addresses; when not empty one of them must match, and `serverName` no longer needs to. */
  readonly sanPins: readonly string[];
}

/** What is wrong with the certificate, for the log; undefined when it passes. */
export function peerProblem(
  certificate: X509Certificate | undefined,
  expected: PeerExpectation,
): string | undefined {
  if (certificate === undefined) return 'the app showed no certificate';
  const { serverName, spkiPins, sanPins } = expected;
  if (sanPins.length > 0) {
    if (!hasPinnedName(certificate, sanPins)) return `the certificate is for none of ${sanPins.join(', ')}`;
  } else if (!hasName(certificate, serverName)) return `the certificate is not for ${serverName}`;
  if (spkiPins.length > 0) {
    const pin = spkiPin(certificate);
    if (!spkiPins.includes(pin)) return `the certificate's key ${pin} is not a pinned one`;
  }
  return undefined;
}

/** Whole names, compared as written; those of hosts in any case. A certificate that cannot be read has none. */
function hasPinnedName(certificate: X509Certificate, pins: readonly string[]): boolean {
  try {
    const { dns, uri, ip } = parseCertificate(certificate.raw).names;
    return (
      dns.some((name) => pins.some((pin) => pin.toLowerCase() === name.toLowerCase())) ||
      [...uri, ...ip].some((name) => pins.includes(name))
    );
  } catch {
    return false;
  }
}

function hasName(certificate: X509Certificate, name: string): boolean {
  if (isAddress(name)) return certificate.checkIP(name) !== undefined;
  return certificate.checkHost(name, { subject: 'never', partialWildcards: false }) !== undefined;
}

function spkiPin(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('base64');
}
