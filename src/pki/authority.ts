// A certificate that may have issued another: parsed once, with what asking it costs prepared.
import { type KeyObject, X509Certificate } from 'node:crypto';
import { parseCertificate } from './facts.ts';
import type { CertificateFacts } from './identity.ts';
import { nameKey } from './name-key.ts';

export interface Authority {
  readonly facts: CertificateFacts;
  /** OpenSSL's view of the same bytes. */
  readonly certificate: X509Certificate;
  readonly publicKey: KeyObject;
  /** Its subject, to be compared with names of issuers. */
  readonly nameKey: string;
}

/** Throws `client_certificate_invalid` as `parseCertificate` does. */
export function parseAuthority(der: Buffer): Authority {
  const facts = parseCertificate(der);
  const certificate = new X509Certificate(facts.der);
  return { facts, certificate, publicKey: certificate.publicKey, nameKey: nameKey(facts.subject) };
}

/** Whether now is within the validity of the certificate; at `notAfter` it is over, as in OpenSSL. */
export function isCurrent({ notBefore, notAfter }: CertificateFacts, now: number): boolean {
  return notBefore <= now && now < notAfter;
}
