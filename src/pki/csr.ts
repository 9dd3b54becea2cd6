// A request for a certificate (PKCS #10, RFC 2986), as ACME servers and other CAs want it.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { keyFacts } from './facts.ts';
import type { SubjectAltNames } from './identity.ts';
import { signingKey } from './issue-certificate.ts';
import { weakness } from './strength.ts';
import { NO_NAMES, parseSubjectAltNames } from './subject-alt-names.ts';
import {
  Extension,
  type JsonGeneralNames,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from './x509-library.ts';

const SUBJECT_ALT_NAME = '2.5.29.17';
const TLS_FEATURE = '1.3.6.1.5.5.7.1.24';
/** A sequence of one, status_request (RFC 7633 4). */
const STATUS_REQUEST = Buffer.from('3003020105', 'hex');

export interface CertificateRequest {
  readonly der: Buffer;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
  /** Of the subject alternative name it asks for. */
  readonly names: SubjectAltNames;
}

/** Throws an Error where the text, PEM or DER, is no request, its key is weak, or its own signature does not hold. */
export async function readRequest(bytes: Buffer): Promise<CertificateRequest> {
  const request = new Pkcs10CertificateRequest(bytes[0] === 0x30 ? bytes : bytes.toString('latin1'));
  const spki = Buffer.from(request.publicKey.rawData);
  const weak = weakness(keyFacts(createPublicKey({ key: spki, format: 'der', type: 'spki' })));
  if (weak !== undefined) throw new Error(`the request is for ${weak}`);
  if (!(await request.verify())) throw new Error('the request is not signed with its own key');
  const extension = request.getExtension(SUBJECT_ALT_NAME);
  return {
    der: Buffer.from(request.rawData),
    spki,
    names: extension === null ? NO_NAMES : parseSubjectAltNames(extension.value),
  };
}

/** The same for a certificate of hosts: throws where it names none, too. */
export async function readHostRequest(bytes: Buffer): Promise<{ der: Buffer; names: string[] }> {
  const { der, names } = await readRequest(bytes);
  const hosts = names.dns.map((name) => name.toLowerCase());
  if (hosts.length === 0) throw new Error('the request names no host: it needs a subject alternative name');
  return { der, names: hosts };
}

/** DER. `mustStaple` asks for TLS Feature. The names go into the subject alternative name alone: a subject has no room for long ones. */
export async function makeCsr(
  key: KeyObject,
  dnsNames: readonly string[],
  mustStaple = false,
): Promise<Buffer> {
  const hash = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'SHA-384' : 'SHA-256';
  const names: JsonGeneralNames = dnsNames.map((value) => ({ type: 'dns', value }));
  const privateKey = signingKey(key, hash);
  const publicKey = createPublicKey(key).toCryptoKey(privateKey.algorithm, true, ['verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys: { privateKey, publicKey },
    signingAlgorithm: { name: privateKey.algorithm.name, hash },
    extensions: [
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
      ...(mustStaple ? [new Extension(TLS_FEATURE, false, STATUS_REQUEST)] : []),
    ],
  });
  return Buffer.from(request.rawData);
}
