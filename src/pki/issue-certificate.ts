// Makes one certificate from a template, signed by an issuer or by itself. It knows X.509 but no profile: what a root,
// a server or a client certificate holds is decided in issue.ts.
import { type KeyObject, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  type Extension,
  Name,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from './x509-library.ts';
import { type KeyAlgorithm, newKey } from './new-key.ts';

/** A certificate with its private key (PKCS#8), as text ready to be written to files. */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** A key pair just made, with the PEM of what signed it: its own where it signed itself. */
export interface Issued extends KeyPair {
  readonly caPem: string;
  readonly der: Buffer;
}

export interface CertificateTemplate {
  /** RDNs from the most general (O) to the most specific (CN). */
  readonly subject: readonly SubjectAttribute[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Without key identifiers: those are added here. */
  readonly extensions: readonly Extension[];
  /** Default `ec-p256`. */
  readonly keyAlgorithm?: KeyAlgorithm | undefined;
  /** Keeps this private key (PKCS#8), as a renewal may; `keyAlgorithm` is ignored then. */
  readonly keyPem?: string | undefined;
  /** Ignored by Ed25519 issuers. Default `SHA-256`. */
  readonly signatureHash?: 'SHA-1' | 'SHA-256' | 'SHA-384' | undefined;
}

export interface SubjectAttribute {
  readonly type: 'C' | 'O' | 'OU' | 'CN' | 'DC';
  readonly value: string;
}

/** Signs with `issuer`, or with the new key itself when there is none. Takes 1-2 ms with EC keys. */
export async function issueCertificate(template: CertificateTemplate, issuer?: KeyPair): Promise<Issued> {
  const key =
    template.keyPem === undefined
      ? newKey(template.keyAlgorithm ?? 'ec-p256')
      : createPrivateKey(template.keyPem);
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const issuerCertificate = issuer && new X509Certificate(issuer.certPem);
  const hash = template.signatureHash ?? 'SHA-256';
  const subjectKeyId = await SubjectKeyIdentifierExtension.create(spki);
  const authorityKeyId = issuerCertificate?.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  const name = new Name(
    template.subject.map(({ type, value }) => ({ [type]: [directoryString(type, value)] })),
  );
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: name,
    issuer: issuerCertificate?.subjectName ?? name,
    notBefore: template.notBefore,
    notAfter: template.notAfter,
    publicKey: spki,
    signingKey: signingKey(issuer ? createPrivateKey(issuer.keyPem) : key, hash),
    signingAlgorithm: { name: 'ECDSA', hash },
    extensions: [
      ...template.extensions,
      subjectKeyId,
      ...(authorityKeyId === undefined ? [] : [new AuthorityKeyIdentifierExtension(authorityKeyId)]),
    ],
  });
  const certPem = `${certificate.toString('pem')}\n`;
  return {
    certPem,
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }),
    caPem: issuer?.certPem ?? certPem,
    der: Buffer.from(certificate.rawData),
  };
}

/** An explicit string type: a bare string would have quotes, backslashes and a leading `#` interpreted. */
function directoryString(type: SubjectAttribute['type'], value: string): Record<string, string> {
  if (type === 'C') return { printableString: value };
  return type === 'DC' ? { ia5String: value } : { utf8String: value };
}

/** 16 random bytes, positive and of constant length (RFC 5280 4.1.2.2 allows 20). */
function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** The private key as WebCrypto wants it, for a signature with this digest. */
export function signingKey(key: KeyObject, hash: string): CryptoKey {
  if (key.asymmetricKeyType === 'ed25519') return key.toCryptoKey({ name: 'Ed25519' }, false, ['sign']);
  if (key.asymmetricKeyType === 'rsa')
    return key.toCryptoKey({ name: 'RSASSA-PKCS1-v1_5', hash }, false, ['sign']);
  const namedCurve = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'P-384' : 'P-256';
  return key.toCryptoKey({ name: 'ECDSA', namedCurve }, false, ['sign']);
}
