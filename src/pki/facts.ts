// Reads a certificate into plain facts. Strict: what could be understood in two ways is refused as malformed. Costs
// about half a millisecond, so callers keep the result by fingerprint.
import { type KeyObject, X509Certificate, createHash } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  type Extensions,
  KeyUsage,
  KeyUsageFlags,
  id_ce_basicConstraints,
  id_ce_cRLDistributionPoints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
} from '@peculiar/asn1-x509';
import { SallyportError } from '../core/errors.ts';
import { integerHex } from './der.ts';
import { distinguishedNameText, firstCommonName } from './distinguished-name.ts';
import type { CertificateFacts } from './identity.ts';
import { signatureHash } from './signature-hash.ts';
import { NO_NAMES, parseSubjectAltNames } from './subject-alt-names.ts';

/** Critical extensions that are acted upon, here or by OpenSSL (which refuses any other by itself). */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.30', // nameConstraints
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extKeyUsage
  '2.5.29.54', // inhibitAnyPolicy
]);

/** Parses DER. Throws `client_certificate_invalid` with the reason as context when it is not one whole certificate. */
export function parseCertificate(der: Buffer): CertificateFacts {
  try {
    return readFacts(new X509Certificate(der), der.length);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SallyportError('client_certificate_invalid', `malformed certificate: ${why}`, error);
  }
}

function readFacts(certificate: X509Certificate, inputLength: number): CertificateFacts {
  // The bytes OpenSSL took for the certificate, so that both read the same ones.
  const der = certificate.raw;
  if (der.length !== inputLength) throw new Error('bytes after its end');
  const { tbsCertificate: tbs, signatureAlgorithm } = AsnConvert.parse(der, Certificate);
  const extensions = extensionValues(tbs.extensions);
  const basicConstraints = extensions.get(id_ce_basicConstraints);
  const extendedKeyUsage = extensions.get(id_ce_extKeyUsage);
  const keyUsage = extensions.get(id_ce_keyUsage);
  const crlPoints = extensions.get(id_ce_cRLDistributionPoints);
  const altNames = extensions.get(id_ce_subjectAltName);
  return Object.freeze({
    der,
    sha256: createHash('sha256').update(der).digest('hex'),
    spkiSha256: createHash('sha256')
      .update(Buffer.from(AsnConvert.serialize(tbs.subjectPublicKeyInfo)))
      .digest('base64'),
    serial: integerHex(Buffer.from(tbs.serialNumber)),
    subject: distinguishedNameText(tbs.subject),
    commonName: firstCommonName(tbs.subject),
    issuer: distinguishedNameText(tbs.issuer),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
    isCa: basicConstraints !== undefined && AsnConvert.parse(basicConstraints, BasicConstraints).cA,
    key: keyFacts(certificate.publicKey),
    signatureHash: signatureHash(signatureAlgorithm),
    extendedKeyUsage:
      extendedKeyUsage && Object.freeze([...AsnConvert.parse(extendedKeyUsage, ExtendedKeyUsage)]),
    mayIssueCrls:
      keyUsage === undefined ||
      (AsnConvert.parse(keyUsage, KeyUsage).toNumber() & KeyUsageFlags.cRLSign) !== 0,
    crlPoints: crlPoints && Buffer.from(crlPoints),
    names: altNames ? parseSubjectAltNames(altNames) : NO_NAMES,
    unknownCritical: unknownCritical(tbs.extensions),
  });
}

/** Values by OID. An extension given twice would be read differently by different software (RFC 5280 4.2). */
function extensionValues(extensions: Extensions | undefined): ReadonlyMap<string, ArrayBuffer> {
  const values = new Map<string, ArrayBuffer>();
  for (const { extnID, extnValue } of extensions ?? []) {
    if (values.has(extnID)) throw new Error(`extension ${extnID} twice`);
    values.set(extnID, extnValue.buffer);
  }
  return values;
}

function unknownCritical(extensions: Extensions | undefined): readonly string[] {
  const unknown: string[] = [];
  for (const { extnID, critical } of extensions ?? [])
    if (critical && !UNDERSTOOD.has(extnID)) unknown.push(extnID);
  return Object.freeze(unknown);
}

/** What kind of key it is and how long. */
export function keyFacts(key: KeyObject): CertificateFacts['key'] {
  const type = key.asymmetricKeyType;
  const details = key.asymmetricKeyDetails;
  if (type === 'rsa' || type === 'rsa-pss') return { type: 'rsa', bits: details?.modulusLength ?? 0 };
  // prime256v1, secp384r1, brainpoolP512r1: every name says its size. Explicit parameters have no name: 0 bits.
  if (type === 'ec') return { type, bits: Number(/\d{3}/.exec(details?.namedCurve ?? '')?.[0] ?? 0) };
  if (type === 'ed25519') return { type, bits: 256 };
  if (type === 'ed448') return { type, bits: 456 };
  return { type: 'other', bits: 0 };
}
