// Who an app behind Sallyport was told is calling: the certificate itself (Client-Cert, RFC 9440) and Envoy's account of
// it (X-Forwarded-Client-Cert). Both are read, compared, and anything odd is said rather than smoothed over.
import type { IncomingHttpHeaders } from 'node:http';
import { parseCertificate } from '../../pki/facts.ts';
import type { CertificateFacts } from '../../pki/identity.ts';
import { type ForwardedClientCert, parseForwardedClientCert } from './forwarded-client-cert.ts';

export interface Caller {
  /** How to address them: the common name, or the subject where there is none. */
  readonly name: string;
  readonly subject: string;
  readonly emails: readonly string[];
  readonly uris: readonly string[];
  readonly dns: readonly string[];
  /** Lower-case hex of the certificate. */
  readonly sha256: string;
  /** ISO 8601; known from the certificate itself only. */
  readonly validUntil: string | undefined;
  /** The headers that say so. */
  readonly toldBy: readonly string[];
}

export interface CallerReport {
  /** Undefined when nobody was named, or the headers contradict each other. */
  readonly caller: Caller | undefined;
  /** What is wrong with the headers, a sentence each. */
  readonly doubts: readonly string[];
}

/** Reads the two headers. Never throws. */
export function callerOf(headers: IncomingHttpHeaders): CallerReport {
  const doubts: string[] = [];
  const certificate = readCertificate(headers['client-cert'], doubts);
  const account = readAccount(headers['x-forwarded-client-cert'], doubts);
  if (certificate !== undefined && account?.hash !== undefined && account.hash !== certificate.sha256) {
    doubts.push('Client-Cert and X-Forwarded-Client-Cert are about different certificates.');
    return { caller: undefined, doubts };
  }
  if (certificate !== undefined) return { caller: fromCertificate(certificate, account), doubts };
  return { caller: account === undefined ? undefined : fromAccount(account), doubts };
}

function readCertificate(
  field: string | readonly string[] | undefined,
  doubts: string[],
): CertificateFacts | undefined {
  if (field === undefined) return undefined;
  // A byte sequence of RFC 8941, once: a list means that two proxies had a say.
  const base64 = /^ *:([A-Za-z0-9+/]+={0,2}): *$/.exec(String(field))?.[1];
  try {
    if (base64 !== undefined) return parseCertificate(Buffer.from(base64, 'base64'));
  } catch {
    // said below
  }
  doubts.push('Client-Cert is not a certificate.');
  return undefined;
}

function readAccount(
  field: string | readonly string[] | undefined,
  doubts: string[],
): ForwardedClientCert | undefined {
  if (field === undefined) return undefined;
  const elements = parseForwardedClientCert(String(field));
  if (elements === undefined) doubts.push('X-Forwarded-Client-Cert is malformed.');
  else if (elements.length > 1)
    doubts.push('X-Forwarded-Client-Cert has been through several proxies; the last one is believed.');
  return elements?.at(-1);
}

function fromCertificate(facts: CertificateFacts, account: ForwardedClientCert | undefined): Caller {
  return {
    name: facts.commonName === '' ? facts.subject : facts.commonName,
    subject: facts.subject,
    emails: facts.names.email,
    uris: facts.names.uri,
    dns: facts.names.dns,
    sha256: facts.sha256,
    validUntil: new Date(facts.notAfter).toISOString(),
    toldBy: ['Client-Cert', ...(account === undefined ? [] : ['X-Forwarded-Client-Cert'])],
  };
}

function fromAccount({ hash = '', subject = '', uri, dns }: ForwardedClientCert): Caller {
  return {
    name: /(?:^|,)CN=((?:[^,\\]|\\.)+)/.exec(subject)?.[1] ?? uri[0] ?? dns[0] ?? hash,
    subject,
    emails: [],
    uris: uri,
    dns,
    sha256: hash,
    validUntil: undefined,
    toldBy: ['X-Forwarded-Client-Cert'],
  };
}
