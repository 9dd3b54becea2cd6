// What an app is told of its caller, signed: a JWT (RFC 7519) that it can verify with the keys at
// `/.well-known/pomerium/jwks.json`, so that it need not trust the network that it came by
// (docs/decisions/0005-assertion.md).
import { type KeyObject, randomUUID, sign } from 'node:crypto';
import { spiffeIdOf } from '../core/spiffe-id.ts';
import type { Identity } from '../exchange/identity.ts';

export const ASSERTION_HEADER = 'X-Pomerium-Jwt-Assertion';

/** How long an assertion holds, milliseconds, as in Pomerium. */
export const ASSERTION_MS = 300_000;
/** A new one is made when an old one has less left than this: what is on its way must not expire. */
const RENEW_MS = 60_000;

export interface SigningKey {
  /** EC P-256. */
  readonly key: KeyObject;
  /** Thumbprint (RFC 7638). */
  readonly kid: string;
}

export interface AssertionSettings {
  readonly key: SigningKey;
  /** Name of the header. */
  readonly header: string;
  /** What `iss` is: the host, or `https://host/`. */
  readonly issuerFormat: 'host' | 'uri';
}

export interface Assertion {
  readonly token: string;
  /** Milliseconds since the epoch: from then on a new one is to be made. */
  readonly renewAt: number;
}

/** For one caller and one host; `now` in milliseconds since the epoch. Costs about 50 microseconds. */
export function makeAssertion(
  settings: AssertionSettings,
  identity: Identity,
  { host, now }: { readonly host: string; readonly now: number },
): Assertion {
  const { key, kid } = settings.key;
  const claims = { ...claimsOf(settings, identity, { host, now }), jti: randomUUID() };
  const signed = `${encode({ alg: 'ES256', kid, typ: 'JWT' })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  const renewAt = Math.min(now + ASSERTION_MS - RENEW_MS, identity.leaf.notAfter);
  return { token: `${signed}.${signature.toString('base64url')}`, renewAt };
}

/** What is said, all but `jti`. */
export function claimsOf(
  { issuerFormat }: Pick<AssertionSettings, 'issuerFormat'>,
  { leaf }: Identity,
  { host, now }: { readonly host: string; readonly now: number },
): Readonly<Record<string, unknown>> {
  const issuedAt = Math.floor(now / 1000);
  const { email, upn, uri, dns, ip } = leaf.names;
  const spiffeId = spiffeIdOf(uri)?.id;
  return {
    iss: issuerFormat === 'uri' ? `https://${host}/` : host,
    aud: host,
    sub: spiffeId ?? email[0] ?? upn[0] ?? leaf.subject,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + ASSERTION_MS / 1000,
    email: email[0],
    name: leaf.commonName === '' ? undefined : leaf.commonName,
    spiffe_id: spiffeId,
    // RFC 8705 3.1: which certificate it is about.
    cnf: { 'x5t#S256': Buffer.from(leaf.sha256, 'hex').toString('base64url') },
    client_cert: {
      subject: leaf.subject,
      issuer: leaf.issuer,
      serial: leaf.serial,
      not_after: Math.floor(leaf.notAfter / 1000),
      san_dns: dns,
      san_email: email,
      san_uri: uri,
      san_ip: ip,
      san_upn: upn,
    },
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
