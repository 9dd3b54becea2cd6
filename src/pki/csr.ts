// A request for a certificate (PKCS #10, RFC 2986), as ACME servers and other CAs want it.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { signingKey } from './issue-certificate.ts';
import {
  type JsonGeneralNames,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from './x509-library.ts';

const SUBJECT_ALT_NAME = '2.5.29.17';

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

/** DER. The names go into the subject alternative name alone: a subject has no room for long ones. */
export async function makeCsr(key: KeyObject, dnsNames: readonly string[]): Promise<Buffer> {
  const hash = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'SHA-384' : 'SHA-256';
  const names: JsonGeneralNames = dnsNames.map((value) => ({ type: 'dns', value }));
  const privateKey = signingKey(key, hash);
  const publicKey = createPublicKey(key).toCryptoKey(privateKey.algorithm, true, ['verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys: { privateKey, publicKey },
    signingAlgorithm: { name: privateKey.algorithm.name, hash },
    extensions: [new SubjectAlternativeNameExtension(names)],
  });
  return Buffer.from(request.rawData);
}
