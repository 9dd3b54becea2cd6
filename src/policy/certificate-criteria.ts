// Criteria about the client's certificate, by the names that policies and groups write.
import type { Issue, IssuePath } from '../core/issue.ts';
import { attributesOf } from '../core/name-attributes.ts';
import type { SubjectAltNames } from '../pki/identity.ts';
import type { CertificateTest } from './criterion.ts';
import { compileMatcher, type Matcher } from './matcher.ts';
import { compileSpiffe } from './spiffe.ts';

type Report = (issue: Issue) => void;
type Compile = (data: unknown, path: IssuePath, report: Report) => CertificateTest | undefined;

const lower = (text: string): string => text.toLowerCase();

function fingerprintOf(text: string): string | undefined {
  const digits = text.replaceAll(':', '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined;
}

function spkiHashOf(text: string): string | undefined {
  return /^[A-Za-z0-9+/]{43}=$/.test(text) ? text : undefined;
}

function serialOf(text: string): string | undefined {
  const [, sign = '', digits] = /^(-?)0*([0-9a-f]+)$/.exec(text.replaceAll(':', '').toLowerCase()) ?? [];
  if (digits === undefined) return undefined;
  return `${sign}${digits.length % 2 === 0 ? digits : `0${digits}`}`;
}

/** A matcher over what `values` reads from a certificate. */
function over(
  values: (leaf: Parameters<CertificateTest>[0]) => readonly string[],
  normalize?: (text: string) => string | undefined,
  example?: string,
): Compile {
  return (data, path, report) => {
    const matches = compileMatcher(data, {
      path,
      report,
      ...(normalize && { normalize }),
      ...(example && { example }),
    });
    return matches && ((leaf) => matches(values(leaf)));
  };
}

const names = (type: keyof SubjectAltNames, normalize?: (text: string) => string): Compile =>
  over(({ names: all }) => all[type], normalize);

const ATTRIBUTES: Readonly<Record<string, string>> = {
  cn: 'CN',
  o: 'O',
  ou: 'OU',
  c: 'C',
  l: 'L',
  st: 'ST',
  street: 'STREET',
  dc: 'DC',
  uid: 'UID',
  title: 'title',
  sn: 'SN',
  gn: 'GN',
  serial_number: 'serialNumber',
  email: 'emailAddress',
};

/** A map of attributes, all of which must fit; `dn` is the whole name as RFC 4514 text. */
function distinguishedName(part: 'subject' | 'issuer'): Compile {
  return (data, path, report) => {
    const known = [...Object.keys(ATTRIBUTES), 'dn'].join(', ');
    if (typeof data !== 'object' || data === null || Array.isArray(data) || Object.keys(data).length === 0) {
      report({ path, message: `expected one or more of ${known}` });
      return undefined;
    }
    const tests: CertificateTest[] = [];
    let isUsable = true;
    for (const [key, value] of Object.entries(data)) {
      const at = [...path, key];
      const attribute = ATTRIBUTES[key];
      if (attribute === undefined && key !== 'dn') {
        report({ path: at, message: `is no part of a name: write one of ${known}` });
        isUsable = false;
        continue;
      }
      const matches = compileMatcher(value, { path: at, report });
      if (matches === undefined) isUsable = false;
      else if (attribute === undefined) tests.push((leaf) => matches([leaf[part]]));
      else tests.push(attributeTest(part, attribute, matches));
    }
    return isUsable ? (leaf) => tests.every((test) => test(leaf)) : undefined;
  };
}

function attributeTest(part: 'subject' | 'issuer', attribute: string, matches: Matcher): CertificateTest {
  return (leaf) => matches(attributesOf(leaf[part]).get(attribute) ?? []);
}

const CRITERIA: Readonly<Record<string, Compile>> = {
  fingerprint: over(({ sha256 }) => [sha256], fingerprintOf, 'ab:cd:… (SHA-256, 64 hexadecimal digits)'),
  spki_hash: over(({ spkiSha256 }) => [spkiSha256], spkiHashOf, '…= (SHA-256 in base64, 44 characters)'),
  serial: over(({ serial }) => [serial], serialOf, '0a1b2c'),
  subject: distinguishedName('subject'),
  issuer: distinguishedName('issuer'),
  san_dns: names('dns', lower),
  san_email: names('email', lower),
  san_uri: names('uri'),
  san_ip: names('ip', lower),
  san_upn: names('upn', lower),
  spiffe_id: compileSpiffe,
};

export const CERTIFICATE_CRITERIA: readonly string[] = Object.keys(CRITERIA);

/** The test of one criterion. Undefined, and reported, when `data` is not what it takes. */
export function compileCertificateCriterion(
  name: string,
  data: unknown,
  path: IssuePath,
  report: Report,
): CertificateTest | undefined {
  return CRITERIA[name]?.(data, path, report);
}

/** A map of criteria, all of which must hold: `client_certificate`, and the entry of a group. */
export function compileCertificateMap(
  data: unknown,
  path: IssuePath,
  report: Report,
): CertificateTest | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data) || Object.keys(data).length === 0) {
    report({ path, message: `expected one or more of ${CERTIFICATE_CRITERIA.join(', ')}` });
    return undefined;
  }
  const tests: CertificateTest[] = [];
  let isUsable = true;
  for (const [key, value] of Object.entries(data)) {
    const at = [...path, key];
    if (!Object.hasOwn(CRITERIA, key)) {
      report({
        path: at,
        message: `is not known of a certificate: write one of ${CERTIFICATE_CRITERIA.join(', ')}`,
      });
      isUsable = false;
      continue;
    }
    const test = compileCertificateCriterion(key, value, at, report);
    if (test === undefined) isUsable = false;
    else tests.push(test);
  }
  return isUsable ? (leaf) => tests.every((test) => test(leaf)) : undefined;
}
