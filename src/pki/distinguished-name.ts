// Distinguished names as text (RFC 4514): most specific attribute first, exactly as OpenSSL's RFC 2253 form in UTF-8.
// Escaping is complete, so that no value can forge another attribute for whoever parses the text again.
import { AsnConvert } from '@peculiar/asn1-schema';
import { type AttributeTypeAndValue, AttributeValue, type Name } from '@peculiar/asn1-x509';

const COMMON_NAME = '2.5.4.3';

/** RFC 4514 section 3, and those that every tool prints by name. Others appear as `1.2.3=#hex`. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  [COMMON_NAME]: 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.42': 'GN',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

// C0, DEL and C1: a NUL ends a C string early (CVE-2026-47778 class), a newline forges a log line or a header.
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\0-\x1f\x7f-\x9f]/;

/** Whether the text holds a NUL or another control character. */
export function hasControlCharacter(text: string): boolean {
  return CONTROL.test(text);
}

/** The RFC 4514 text. Throws when a value holds a control character. */
export function distinguishedNameText(name: Name): string {
  const rdns: string[] = [];
  for (const rdn of name) rdns.push(Array.from(rdn, attributeText).toReversed().join('+'));
  return rdns.toReversed().join(',');
}

/** The first common name, or ''. */
export function firstCommonName(name: Name): string {
  for (const rdn of name)
    for (const { type, value } of rdn) if (type === COMMON_NAME) return value.toString();
  return '';
}

function attributeText({ type, value }: AttributeTypeAndValue): string {
  const text = value.anyValue === undefined ? value.toString() : undefined;
  if (text !== undefined && hasControlCharacter(text)) throw new Error('control character in a name');
  const shortName = SHORT_NAMES[type];
  if (shortName !== undefined && text !== undefined) return `${shortName}=${escapeValue(text)}`;
  const der = value.anyValue ?? AsnConvert.serialize(new AttributeValue(value));
  return `${shortName ?? type}=#${Buffer.from(der).toString('hex')}`;
}

/** RFC 4514 2.4: the specials anywhere, a leading `#` or space, a trailing space. */
function escapeValue(text: string): string {
  return text.replace(/[",+;<>\\]|^[ #]| $/g, '\\$&');
}
