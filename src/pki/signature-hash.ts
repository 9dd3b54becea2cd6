// Which digest a certificate was signed with, by the OID of its signature algorithm.
import { RsaSaPssParams, id_RSASSA_PSS } from '@peculiar/asn1-rsa';
import { AsnConvert } from '@peculiar/asn1-schema';
import type { AlgorithmIdentifier } from '@peculiar/asn1-x509';

const DIGEST_OF: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.2': 'md2',
  '1.2.840.113549.1.1.4': 'md5',
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.14': 'sha224',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.1': 'sha224',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  // The digests themselves, as RSASSA-PSS names them in its parameters.
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
  // Ed25519, Ed448 and ML-DSA-44/65/87 sign the message itself.
  '1.3.101.112': '',
  '1.3.101.113': '',
  '2.16.840.1.101.3.4.3.17': '',
  '2.16.840.1.101.3.4.3.18': '',
  '2.16.840.1.101.3.4.3.19': '',
};

const STRONG: ReadonlySet<string> = new Set(['sha256', 'sha384', 'sha512', '']);

/** The digest's name, '' where the algorithm has none, the dotted OID of an algorithm that is not known. */
export function signatureHash({ algorithm, parameters }: AlgorithmIdentifier): string {
  const oid =
    algorithm === id_RSASSA_PSS && parameters
      ? AsnConvert.parse(parameters, RsaSaPssParams).hashAlgorithm.algorithm
      : algorithm;
  return DIGEST_OF[oid] ?? oid;
}

/** Whether a signature with this digest (as named above) may be relied on. */
export function isStrongSignature(hash: string): boolean {
  return STRONG.has(hash);
}
