// The certificate that proves to an ACME server that whoever answers for a name on its TLS port has asked for one
// (RFC 8737 3).
import { createHash } from 'node:crypto';
import { type KeyPair, issueCertificate } from './issue-certificate.ts';
import { Extension, SubjectAlternativeNameExtension } from './x509-library.ts';

const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';
const OCTET_STRING = 0x04;
const HOUR_MS = 3_600_000;

export async function issueAlpnChallenge(
  host: string,
  keyAuthorization: string,
  now: number,
): Promise<KeyPair> {
  const digest = createHash('sha256').update(keyAuthorization).digest();
  return await issueCertificate({
    subject: [{ type: 'CN', value: 'ACME challenge' }],
    notBefore: new Date(now - HOUR_MS),
    notAfter: new Date(now + HOUR_MS),
    extensions: [
      new SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
      new Extension(ACME_IDENTIFIER, true, Buffer.from([OCTET_STRING, digest.length, ...digest])),
    ],
  });
}
