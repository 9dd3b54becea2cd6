// What is asked of which ACME server, for whom.
import { createHash } from 'node:crypto';
import type { DnsChallengeSettings } from './dns/settings.ts';
import type { KeyAlgorithm } from '../../pki/new-key.ts';

export type ChallengeType = 'http-01' | 'tls-alpn-01' | 'dns-01';

const MAX_NAME = 100;

/** Kinds of key, as settings and the command line name them. */
export const KEY_ALGORITHMS = {
  'ec-256': 'ec-p256',
  'ec-384': 'ec-p384',
  'rsa-2048': 'rsa-2048',
  '2048': 'rsa-2048',
} as const satisfies Record<string, KeyAlgorithm>;

export interface AcmeSettings {
  readonly directoryUrl: string;
  /** PEM of the CAs that the server's certificate may have; undefined: those of the system. */
  readonly trustedCa: string | undefined;
  readonly email: string | undefined;
  /** RFC 8555 7.3.4: `macKey` in base64url. */
  readonly externalAccount: { readonly keyId: string; readonly macKey: string } | undefined;
  readonly keyAlgorithm: KeyAlgorithm;
  /** Whether clients are to take the certificate only with an OCSP answer (RFC 7633). */
  readonly mustStaple: boolean;
  /** One of the server's profiles (draft-ietf-acme-profiles); undefined: its default. */
  readonly profile: string | undefined;
  /** Common name of the issuer that the chain is to end in, where the server offers several. */
  readonly preferredChain: string | undefined;
  /** In the order in which they are tried. */
  readonly challenges: readonly ChallengeType[];
  /** Undefined where dns-01 is not among them. */
  readonly dns: DnsChallengeSettings | undefined;
}

/** One certificate that is wanted. */
export interface CertificateOrder {
  /** As part of a storage key: the first name, `*` written `wildcard_`. */
  readonly name: string;
  /** DNS names, one at least, in normal form; `*.` stands for one label. */
  readonly names: readonly string[];
}

/** The folder that is kept for a server, as certmagic names it: host and path. */
export function serverFolder({ directoryUrl }: Pick<AcmeSettings, 'directoryUrl'>): string {
  const { host, pathname } = new URL(directoryUrl);
  return short(`${host}${pathname}`.replaceAll(/[^A-Za-z0-9.]+/g, '-').replaceAll(/^[.-]+|-+$/g, ''));
}

export function orderOf(names: readonly [string, ...string[]]): CertificateOrder {
  return { name: short(names[0].replace(/^\*\./, 'wildcard_.')), names };
}

/** File systems take 255 bytes, of which endings need some. */
function short(name: string): string {
  if (name.length <= MAX_NAME) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return `${name.slice(0, MAX_NAME - digest.length - 1)}-${digest}`;
}
