// The NIST Public Key Interoperability Test Suite, from Debian's python3-cryptography-vectors: 223 end entities, and what
// a validator with the default settings of RFC 5280 must say of each.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseCrl } from '../../src/pki/crl.ts';
import { parseCertificate } from '../../src/pki/facts.ts';
import type { CertificateFacts } from '../../src/pki/identity.ts';
import { nameKey } from '../../src/pki/name-key.ts';
import { certificatePem, pemOf } from '../../src/pki/pem.ts';

const DATA = '/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data';

/** A reason to skip where the data is not installed and this is not CI. */
export const skipWithoutPkits: string | false =
  existsSync(DATA) || process.env['CI'] !== undefined
    ? false
    : 'python3-cryptography-vectors is not installed';

/** What the suite's document says of those whose name does not say it, with the default settings. */
const UNNAMED: Readonly<Record<string, boolean>> = {
  AllCertificatesNoPoliciesTest2: true,
  AllCertificatesSamePoliciesTest10: true,
  AllCertificatesSamePoliciesTest13: true,
  AllCertificatesanyPolicyTest11: true,
  AnyPolicyTest14: true,
  CPSPointerQualifierTest20: true,
  DifferentPoliciesTest3: true,
  DifferentPoliciesTest4: false,
  DifferentPoliciesTest5: false,
  DifferentPoliciesTest7: false,
  DifferentPoliciesTest8: false,
  DifferentPoliciesTest9: false,
  DifferentPoliciesTest12: false,
  OverlappingPoliciesTest6: true,
  UserNoticeQualifierTest15: true,
  UserNoticeQualifierTest16: true,
  UserNoticeQualifierTest17: true,
  UserNoticeQualifierTest18: true,
  UserNoticeQualifierTest19: true,
  inhibitAnyPolicyTest3: true,
};

export interface PkitsCase {
  /** `ValidCertificatePathTest1`. */
  readonly name: string;
  readonly isValid: boolean;
  /** Leaf first, then every CA that its issuer's name, and theirs, may mean. */
  readonly chainPem: string;
  readonly keyPem: string;
}

export interface Pkits {
  readonly anchorPem: string;
  /** Those that are not refused when they are loaded. */
  readonly crlPem: string;
  readonly cases: readonly PkitsCase[];
}

interface Certificate {
  readonly name: string;
  readonly der: Buffer;
  /** Undefined where nothing can read it. */
  readonly facts: CertificateFacts | undefined;
}

export function readPkits(): Pkits {
  const certificates = filesIn('certs').map(({ name, der }) => ({ name, der, facts: factsOf(der) }));
  const anchor = certificates.find(({ name }) => name === 'TrustAnchorRootCertificate');
  if (anchor === undefined) throw new Error('no trust anchor');
  const cases = certificates.flatMap((leaf): PkitsCase[] => {
    const name = /^(.*Test\d+)EE$/.exec(leaf.name)?.[1];
    if (name === undefined) return [];
    const isValid =
      UNNAMED[name] ?? (/^valid/i.test(name) ? true : /^invalid/i.test(name) ? false : undefined);
    if (isValid === undefined) throw new Error(`nothing is known about ${name}`);
    const chain = chainOf(
      leaf,
      certificates.filter((one) => one !== anchor),
    );
    const chainPem = chain.map(({ der }) => certificatePem(der)).join('');
    return [{ name, isValid, chainPem, keyPem: keyOf(leaf.name) }];
  });
  return { anchorPem: certificatePem(anchor.der), crlPem: usableLists(), cases };
}

function chainOf(leaf: Certificate, all: readonly Certificate[]): Certificate[] {
  const chain = [leaf];
  for (const { facts } of chain)
    for (const candidate of all)
      if (
        facts !== undefined &&
        candidate.facts?.isCa === true &&
        nameKey(candidate.facts.subject) === nameKey(facts.issuer) &&
        !chain.includes(candidate)
      )
        chain.push(candidate);
  return chain;
}

function usableLists(): string {
  return filesIn('crls')
    .filter(({ der }) => {
      try {
        return parseCrl(der).entries.size >= 0;
      } catch {
        return false;
      }
    })
    .map(({ der }) => pemOf('X509 CRL', der))
    .join('');
}

function factsOf(der: Buffer): CertificateFacts | undefined {
  try {
    return parseCertificate(der);
  } catch {
    return undefined;
  }
}

function filesIn(folder: string): { readonly name: string; readonly der: Buffer }[] {
  return readdirSync(path.join(DATA, folder)).map((file) => ({
    name: path.parse(file).name,
    der: readFileSync(path.join(DATA, folder, file)),
  }));
}

/** The suite's files are encrypted in a way that OpenSSL 3 opens only with its legacy provider. */
function keyOf(name: string): string {
  const file = path.join(DATA, 'pkcs12', `${name}.p12`);
  const options = ['-nodes', '-nocerts', '-legacy', '-passin', 'pass:password'];
  return execFileSync('openssl', ['pkcs12', '-in', file, ...options], { encoding: 'utf8', stdio: 'pipe' });
}
