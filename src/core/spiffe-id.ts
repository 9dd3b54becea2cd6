// SPIFFE ids (SPIFFE-ID and X509-SVID specifications): one URI `spiffe://trust-domain/path`, and no other URI beside it.

export interface SpiffeId {
  readonly id: string;
  readonly trustDomain: string;
  /** With its leading slash; '' for a trust domain's own id. */
  readonly path: string;
}

const ID = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)*)$/;

/** From the URIs of a certificate. Undefined where it is no X509-SVID: there is another number of them than one, or it is none. */
export function spiffeIdOf(uris: readonly string[]): SpiffeId | undefined {
  const [id, ...others] = uris;
  if (id === undefined || others.length > 0 || id.length > 2048) return undefined;
  const [, trustDomain, path] = ID.exec(id) ?? [];
  if (trustDomain === undefined || path === undefined) return undefined;
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return undefined;
  return { id, trustDomain, path };
}
