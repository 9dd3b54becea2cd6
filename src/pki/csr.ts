// A request for a certificate (PKCS #10, RFC 2986), as ACME servers and other CAs want it.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { signingKey } from './issue-certificate.ts';
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

/** Throws an Error where the text, PEM or DER, is no request, its own signature does not hold, or it names no host. */
export async function readCsr(bytes: Buffer): Promise<{ der: Buffer; names: string[] }> {
  const request = new Pkcs10CertificateRequest(bytes[0] === 0x30 ? bytes : bytes.toString('latin1'));
  if (!(await request.verify())) throw new Error('the request is not signed with its own key');
  const extension = request.getExtension(SUBJECT_ALT_NAME);
  const items = extension === null ? [] : new SubjectAlternativeNameExtension(extension.rawData).names.items;
  const names = items.flatMap(({ type, value }) => (type === 'dns' ? [value.toLowerCase()] : []));
  if (names.length === 0) throw new Error('the request names no host: it needs a subject alternative name');
  return { der: Buffer.from(request.rawData), names };
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
      new SubjectAlternativeNameExtension(names),
      ...(mustStaple ? [new Extension(TLS_FEATURE, false, STATUS_REQUEST)] : []),
    ],
  });
  return Buffer.from(request.rawData);
}
