// What is asked about one certificate (RFC 6960 4.1, in the form of RFC 5019), and whom its CA names to be asked.
import { createHash } from 'node:crypto';
import { CertID, OCSPRequest, Request, TBSRequest } from '@peculiar/asn1-ocsp';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AuthorityInfoAccessSyntax,
  Certificate,
  id_ad_ocsp,
  id_pe_authorityInfoAccess,
} from '@peculiar/asn1-x509';
import type { Authority } from './authority.ts';
import { DerCursor, TAG, contentOf, wholeOf } from './der.ts';
import type { CertificateFacts } from './identity.ts';

export interface OcspQuestion {
  readonly leaf: CertificateFacts;
  readonly issuer: Authority;
}

/**
 * How the certificate is called in questions and answers. SHA-1, because that is what every responder knows: it only
 * names the issuer, and whoever answers has to sign with its key.
 */
export interface OcspId {
  readonly nameHash: Buffer;
  readonly keyHash: Buffer;
  /** As in `CertificateFacts.serial`. */
  readonly serial: string;
}

const SHA1 = '1.3.14.3.2.26';
const sha1 = (bytes: Buffer): Buffer => createHash('sha1').update(bytes).digest();

export function ocspIdOf({ leaf, issuer }: OcspQuestion): OcspId {
  const { subject, key } = partsOf(issuer.facts.der);
  return { nameHash: sha1(subject), keyHash: sha1(key), serial: leaf.serial };
}

/** DER, to be posted as `application/ocsp-request`. Without a nonce, so that responders may sign in advance. */
export function ocspRequestFor(question: OcspQuestion): Buffer {
  const { nameHash, keyHash } = ocspIdOf(question);
  const id = new CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithm: SHA1, parameters: null }),
    issuerNameHash: new OctetString(nameHash),
    issuerKeyHash: new OctetString(keyHash),
    serialNumber: Uint8Array.from(partsOf(question.leaf.der).serial).buffer,
  });
  const tbs = new TBSRequest({ requestList: [new Request({ reqCert: id })] });
  return Buffer.from(AsnConvert.serialize(new OCSPRequest({ tbsRequest: tbs })));
}

/** The responder that the CA wrote into the certificate, the first over HTTP; undefined: none. */
export function responderIn({ der }: CertificateFacts): string | undefined {
  const { extensions = [] } = AsnConvert.parse(der, Certificate).tbsCertificate;
  const access = extensions.find(({ extnID }) => extnID === id_pe_authorityInfoAccess);
  if (access === undefined) return undefined;
  for (const { accessMethod, accessLocation } of AsnConvert.parse(
    access.extnValue,
    AuthorityInfoAccessSyntax,
  )) {
    const url = accessMethod === id_ad_ocsp ? accessLocation.uniformResourceIdentifier : undefined;
    if (url !== undefined && /^https?:/i.test(url) && URL.canParse(url)) return url;
  }
  return undefined;
}

/** Bytes of a certificate as they are in it; written anew they might differ. */
function partsOf(der: Buffer): { serial: Buffer; subject: Buffer; key: Buffer } {
  const outer = new DerCursor(der);
  const tbs = outer.within(outer.within(outer.next(TAG.sequence)).next(TAG.sequence));
  tbs.optional(0xa0);
  const serial = contentOf(der, tbs.next(TAG.integer));
  tbs.next(TAG.sequence); // signature
  tbs.next(TAG.sequence); // issuer
  tbs.next(TAG.sequence); // validity
  const subject = wholeOf(der, tbs.next(TAG.sequence));
  const spki = tbs.within(tbs.next(TAG.sequence));
  spki.next(TAG.sequence);
  const bits = contentOf(der, spki.next(TAG.bitString));
  return { serial, subject, key: bits.subarray(1) };
}
