// The TLS context of upstream connections: what we show and whom we believe. Making one parses some hundred roots
// (tens of milliseconds), so contexts are made at first use and shared by every pool with the same material.
import tls from 'node:tls';
import type { ClientIdentity, UpstreamTrust } from './pool-settings.ts';

let roots: readonly string[] | undefined;

/** What an app's certificate is believed by where a route says nothing: Node's bundled roots and the system's. */
function systemRoots(): readonly string[] {
  roots ??= [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])];
  return roots;
}

/** Throws what OpenSSL says when a PEM is bad or the key is not the certificate's. */
export function createTlsContext(
  identity: ClientIdentity | undefined,
  trust: UpstreamTrust | undefined,
): tls.SecureContext {
  const added = trust === undefined ? [] : [trust.pem];
  return tls.createSecureContext({
    minVersion: 'TLSv1.2',
    ca: trust?.mode === 'replace' ? added : [...systemRoots(), ...added],
    ...(identity && { cert: identity.cert, key: identity.key }),
  });
}
