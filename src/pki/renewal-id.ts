// What a certificate is called when its CA is asked when to renew it (RFC 9773 4.1).
import { AsnConvert } from '@peculiar/asn1-schema';
import { AuthorityKeyIdentifier, Certificate, id_ce_authorityKeyIdentifier } from '@peculiar/asn1-x509';

/** Undefined where the certificate does not say which key signed it. */
export function renewalId(der: Buffer): string | undefined {
  const { tbsCertificate: tbs } = AsnConvert.parse(der, Certificate);
  const extension = tbs.extensions?.find(({ extnID }) => extnID === id_ce_authorityKeyIdentifier);
  if (extension === undefined) return undefined;
  const { keyIdentifier } = AsnConvert.parse(extension.extnValue, AuthorityKeyIdentifier);
  if (keyIdentifier === undefined) return undefined;
  const key = Buffer.from(keyIdentifier.buffer).toString('base64url');
  return `${key}.${Buffer.from(tbs.serialNumber).toString('base64url')}`;
}
