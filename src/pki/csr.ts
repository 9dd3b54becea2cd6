// A request for a certificate (PKCS #10, RFC 2986), as ACME servers and other CAs want it.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { signingKey } from './issue-certificate.ts';
import {
  type JsonGeneralNames,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from './x509-library.ts';

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
