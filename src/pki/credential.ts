// A certificate chain with its private key, checked to belong together: what a TLS server or client presents.
import { type KeyObject, createPrivateKey } from 'node:crypto';
import { SallyportError } from '../core/errors.ts';
import { type Authority, parseAuthority } from './authority.ts';
import type { CertificateFacts } from './identity.ts';
import { isDevelopmentIssuer } from './development.ts';
import { certificatePem, parsePem } from './pem.ts';
import { isStrongSignature } from './signature-hash.ts';
import { weakness } from './strength.ts';

export interface Credential {
  /** Leaf first, then its issuers in TLS order. */
  readonly certPem: string;
  readonly keyPem: string;
  readonly leaf: CertificateFacts;
  /** The certificates after the leaf. */
  readonly chain: readonly CertificateFacts[];
  /** DNS names and addresses that the leaf is for, as written in it: `*.` stands for exactly one label there. */
  readonly names: readonly string[];
  /** Made by a Sallyport development CA: no HSTS, friendlier pages. */
  readonly isDevelopment: boolean;
}

/** Something wrong with one of the two files: a sentence that names what to do. */
export interface CredentialProblem {
  readonly file: 'certificate' | 'key';
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

export interface CredentialInput {
  readonly certPem: string;
  readonly keyPem: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The credential unless a problem is an error. An expired one is usable, with a warning: the peer will refuse it. */
export function parseCredential(input: CredentialInput): {
  credential: Credential | undefined;
  problems: readonly CredentialProblem[];
} {
  const problems: CredentialProblem[] = [];
  const complain = (
    file: 'certificate' | 'key',
    message: string,
    severity: 'error' | 'warning' = 'error',
  ): void => {
    problems.push({ file, message, severity });
  };
  const certificates = readCertificates(input.certPem, (message) => complain('certificate', message));
  const key = readKey(input.keyPem, (message) => complain('key', message));
  const leaf =
    certificates.find(({ certificate }) => key && certificate.checkPrivateKey(key)) ?? certificates[0];
  if (leaf === undefined || key === undefined) return { credential: undefined, problems };
  if (!leaf.certificate.checkPrivateKey(key)) {
    complain('key', `the private key is not the one of the certificate '${leaf.facts.subject}'`);
    return { credential: undefined, problems };
  }
  const weak = weakness(leaf.facts.key);
  if (weak !== undefined) {
    complain('key', `the certificate has ${weak}: no modern client accepts it`);
    return { credential: undefined, problems };
  }
  // On one that vouches for itself nobody looks at the signature.
  if (!isStrongSignature(leaf.facts.signatureHash) && leaf.facts.issuer !== leaf.facts.subject) {
    complain(
      'certificate',
      `the certificate is signed with ${leaf.facts.signatureHash}: no modern client accepts it`,
    );
    return { credential: undefined, problems };
  }
  const chain = inOrder(leaf, certificates);
  if (chain.some((link, index) => link !== certificates[index + 1]) || leaf !== certificates[0])
    complain(
      'certificate',
      'the certificates are not in order, leaf first: they are used in the right one',
      'warning',
    );
  if (chain.length + 1 < certificates.length)
    complain(
      'certificate',
      'some certificates are not part of the chain of the first: they are left out',
      'warning',
    );
  for (const { facts } of [leaf, ...chain])
    if (facts.notAfter <= input.now)
      complain(
        'certificate',
        `'${facts.subject}' expired on ${new Date(facts.notAfter).toISOString()}`,
        'warning',
      );
  const used = [leaf.facts, ...chain.map(({ facts }) => facts)];
  const credential: Credential = Object.freeze({
    certPem: used.map(({ der }) => certificatePem(der)).join(''),
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }),
    leaf: leaf.facts,
    chain: used.slice(1),
    names: [...leaf.facts.names.dns, ...leaf.facts.names.ip],
    isDevelopment: used.some(({ issuer }) => isDevelopmentIssuer(issuer)),
  });
  return { credential, problems };
}

type Complain = (message: string) => void;

function readCertificates(text: string, complain: Complain): Authority[] {
  try {
    // A private key beside the certificates is fine: many tools write one file for both.
    const blocks = parsePem(text).filter(({ label }) => label === 'CERTIFICATE');
    if (blocks.length === 0)
      complain('there is no certificate in it: it must be PEM, -----BEGIN CERTIFICATE-----');
    return blocks.map(({ der }) => parseAuthority(der));
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    complain(error.context ?? error.message);
    return [];
  }
}

function readKey(text: string, complain: Complain): KeyObject | undefined {
  if (text.includes('ENCRYPTED')) {
    complain(
      'the private key is encrypted: decrypt it (openssl pkey -in … -out …) and protect the file instead',
    );
    return undefined;
  }
  const [pem, another] =
    text.match(/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^-]*-----END [A-Z ]+-----/g) ?? [];
  if (pem === undefined)
    complain('there is no private key in it: it must be PEM, -----BEGIN PRIVATE KEY-----');
  else if (another !== undefined) complain('there is more than one private key in it');
  else {
    try {
      return createPrivateKey(pem);
    } catch {
      complain('the private key cannot be read');
    }
  }
  return undefined;
}

/** What follows the leaf, each issued the one before it. */
function inOrder(leaf: Authority, certificates: readonly Authority[]): Authority[] {
  const chain: Authority[] = [];
  const rest = new Set(certificates);
  for (let tip: Authority | undefined = leaf; tip !== undefined;) {
    rest.delete(tip);
    const below: Authority = tip;
    tip = [...rest].find(({ certificate }) => below.certificate.checkIssued(certificate));
    if (tip) chain.push(tip);
  }
  return chain;
}
