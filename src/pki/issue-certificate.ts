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

/** A certificate just signed, for a key that its owner keeps. */
export interface Certified {
  readonly certPem: string;
  /** Of what signed it: its own where it signed itself. */
  readonly caPem: string;
  readonly der: Buffer;
}

/** A key pair just made. */
export interface Issued extends KeyPair, Certified {}

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
  const signer = issuer === undefined ? { key } : signerOf(issuer);
  return {
    ...(await certify(template, spki, signer)),
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }),
  };
}

/** The same for a public key (SubjectPublicKeyInfo, DER) whose owner has shown that the private one is theirs. */
export async function issueForKey(
  template: CertificateTemplate,
  spki: Buffer,
  issuer: KeyPair,
): Promise<Certified> {
  return await certify(template, spki, signerOf(issuer));
}

interface Signer {
  readonly key: KeyObject;
  /** Undefined where a certificate signs itself. */
  readonly certPem?: string;
}

const signerOf = ({ certPem, keyPem }: KeyPair): Signer => ({ certPem, key: createPrivateKey(keyPem) });

async function certify(template: CertificateTemplate, spki: Buffer, signer: Signer): Promise<Certified> {
  const issuerCertificate = signer.certPem === undefined ? undefined : new X509Certificate(signer.certPem);
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
    signingKey: signingKey(signer.key, hash),
    signingAlgorithm: { name: 'ECDSA', hash },
    extensions: [
      ...template.extensions,
      subjectKeyId,
      ...(authorityKeyId === undefined ? [] : [new AuthorityKeyIdentifierExtension(authorityKeyId)]),
    ],
  });
  const certPem = `${certificate.toString('pem')}\n`;
  return { certPem, caPem: signer.certPem ?? certPem, der: Buffer.from(certificate.rawData) };
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
