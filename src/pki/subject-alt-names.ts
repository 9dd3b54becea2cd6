// The subject alternative names of a certificate by type, from the ASN.1 (CVE-2022-21656: one type taken for another).
import { isIP } from 'node:net';
import { AsnConvert } from '@peculiar/asn1-schema';
import { DirectoryString, type OtherName, SubjectAlternativeName } from '@peculiar/asn1-x509';
import { hasControlCharacter } from './distinguished-name.ts';
import type { SubjectAltNames } from './identity.ts';

const USER_PRINCIPAL_NAME = '1.3.6.1.4.1.311.20.2.3';
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

export const NO_NAMES: SubjectAltNames = Object.freeze({ dns: [], email: [], uri: [], ip: [], upn: [] });

/**
 * Parses the value of the extension; names of other types (directory names, registered ids) are left out.
 * Throws when a name holds a character that its type does not allow, a NUL above all.
 */
export function parseSubjectAltNames(der: ArrayBuffer | Buffer): SubjectAltNames {
  const names = {
    dns: [] as string[],
    email: [] as string[],
    uri: [] as string[],
    ip: [] as string[],
    upn: [] as string[],
  };
  for (const name of AsnConvert.parse(der, SubjectAlternativeName)) {
    if (name.dNSName !== undefined) names.dns.push(ascii(name.dNSName));
    else if (name.rfc822Name !== undefined) names.email.push(ascii(name.rfc822Name));
    else if (name.uniformResourceIdentifier !== undefined)
      names.uri.push(ascii(name.uniformResourceIdentifier));
    else if (name.iPAddress !== undefined) names.ip.push(address(name.iPAddress));
    else if (name.otherName?.typeId === USER_PRINCIPAL_NAME) names.upn.push(principal(name.otherName));
  }
  return Object.freeze(names);
}

/** These types are IA5String: anything beyond printable ASCII is a mistake or an attack. */
function ascii(text: string): string {
  if (!PRINTABLE_ASCII.test(text)) throw new Error('a subject alternative name is not printable ASCII');
  return text;
}

/** The library prints what is neither 4 nor 16 bytes as hex or as a range. */
function address(text: string): string {
  if (isIP(text) === 0) throw new Error('a subject alternative name is not an IP address');
  return text;
}

function principal(name: OtherName): string {
  const text = AsnConvert.parse(name.value, DirectoryString).toString();
  if (hasControlCharacter(text)) throw new Error('control character in a user principal name');
  return text;
}
