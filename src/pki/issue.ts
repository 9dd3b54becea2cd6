// The three kinds of certificate that Sallyport issues: development roots, server certificates, client certificates.
// Everything starts an hour ago, so that a clock that is a little behind (a VM, a container host) accepts it at once.
import {
  type CertificateTemplate,
  type Certified,
  type Issued,
  type KeyPair,
  type SubjectAttribute,
  issueCertificate,
  issueForKey,
} from './issue-certificate.ts';
export type { Certified } from './issue-certificate.ts';
import type { KeyAlgorithm } from './new-key.ts';
export { DEVELOPMENT_ORGANIZATION } from './development.ts';
import type { SubjectAltNames } from './identity.ts';
import { type PermittedNames, nameConstraintsExtension } from './name-constraints.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
} from './x509-library.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** What any profile lets its caller change: tests make every kind of wrong certificate with these. */
export interface IssueOverrides {
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: number;
  /** Default: one hour before `now`. */
  readonly notBefore?: Date;
  /** Default: `days` after `now`. */
  readonly notAfter?: Date;
  readonly keyAlgorithm?: KeyAlgorithm;
  /** Keeps this private key instead of making one. */
  readonly keyPem?: string;
  readonly signatureHash?: CertificateTemplate['signatureHash'];
  /** Replaces the whole subject. */
  readonly subject?: readonly SubjectAttribute[];
  /** Gets the extensions of the profile, returns those to use. */
  readonly extensions?: (profile: readonly Extension[]) => readonly Extension[];
}

export interface RootOptions extends IssueOverrides {
  readonly commonName: string;
  readonly organization: string;
  readonly days: number;
  /** Default: none, the root may sign any name. */
  readonly nameConstraints?: PermittedNames;
  /** How many intermediates may stand between this CA and a leaf. Default 0: it signs leaves only. */
  readonly pathLength?: number;
}

export interface LeafOptions extends IssueOverrides {
  /** Of a client: a display name without dots, or OpenSSL holds it against DNS name constraints. */
  readonly commonName: string;
  readonly organization?: string;
  readonly days: number;
  /** Host names in normal form, addresses, … */
  readonly names: Partial<SubjectAltNames>;
}

/** A self-signed CA. */
export async function issueRoot(options: RootOptions): Promise<Issued> {
  return issueCertificate(authority(options));
}

/** A CA signed by another; the issuer's own path length must allow it. */
export async function issueIntermediate(issuer: KeyPair, options: RootOptions): Promise<Issued> {
  return issueCertificate(authority(options), issuer);
}

/** A certificate for a TLS server. */
export async function issueServer(issuer: KeyPair, options: LeafOptions): Promise<Issued> {
  return issueCertificate(leaf(options, SERVER_AUTH), issuer);
}

/** A certificate for a TLS client. */
export async function issueClient(issuer: KeyPair, options: LeafOptions): Promise<Issued> {
  return issueCertificate(leaf(options, CLIENT_AUTH), issuer);
}

/** The same for a public key (SubjectPublicKeyInfo, DER) that somebody else has made. */
export async function certifyClient(issuer: KeyPair, spki: Buffer, options: LeafOptions): Promise<Certified> {
  return issueForKey(leaf(options, CLIENT_AUTH), spki, issuer);
}

function authority(options: RootOptions): CertificateTemplate {
  const profile: Extension[] = [
    new BasicConstraintsExtension(true, options.pathLength ?? 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ];
  if (options.nameConstraints) profile.push(nameConstraintsExtension(options.nameConstraints));
  return template(options, profile);
}

function leaf(options: LeafOptions, usage: string): CertificateTemplate {
  // RSA key exchange is not offered anywhere, so digitalSignature is all that a TLS 1.2 or 1.3 handshake needs.
  const profile: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([usage]),
  ];
  const names = generalNames(options.names);
  if (names.length > 0) profile.push(new SubjectAlternativeNameExtension(names));
  return template(options, profile);
}

function template(options: RootOptions | LeafOptions, profile: Extension[]): CertificateTemplate {
  const now = options.now ?? Date.now();
  const subject: SubjectAttribute[] = [];
  if (options.organization !== undefined) subject.push({ type: 'O', value: options.organization });
  subject.push({ type: 'CN', value: options.commonName });
  return {
    subject: options.subject ?? subject,
    notBefore: options.notBefore ?? new Date(now - HOUR_MS),
    notAfter: options.notAfter ?? new Date(now + options.days * DAY_MS),
    extensions: options.extensions?.(profile) ?? profile,
    keyAlgorithm: options.keyAlgorithm,
    keyPem: options.keyPem,
    signatureHash: options.signatureHash,
  };
}

function generalNames(names: Partial<SubjectAltNames>): JsonGeneralNames {
  return [
    ...(names.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(names.ip ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(names.email ?? []).map((value) => ({ type: 'email' as const, value })),
    ...(names.uri ?? []).map((value) => ({ type: 'url' as const, value })),
    ...(names.upn ?? []).map((value) => ({ type: 'upn' as const, value })),
  ];
}
