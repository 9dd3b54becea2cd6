// Enrolment over Secure Transport (RFC 7030, RFC 8951), as far as client certificates need it: cacerts, simpleenroll,
// simplereenroll, csrattrs. Paths, media types and encodings are here; who gets what is decided in enrolment.ts.
import { headerValue, headerValues } from '../core/flat-headers.ts';
import type { LocalAnswer, LocalRequest } from '../exchange/local-app.ts';
import { encodeCertsOnly } from '../pki/certs-only.ts';
import type { CertificateFacts } from '../pki/identity.ts';
import { EnrolFault } from './enrol-fault.ts';
import type { Enrolment } from './enrolment.ts';

export const EST = '/.well-known/est/';

type Operation = 'cacerts' | 'csrattrs' | 'simpleenroll' | 'simplereenroll';

const METHODS: Readonly<Record<Operation, readonly string[]>> = {
  cacerts: ['GET', 'HEAD'],
  csrattrs: ['GET', 'HEAD'],
  simpleenroll: ['POST'],
  simplereenroll: ['POST'],
};

/** The operation that the path names; undefined: none. */
export function operationOf(path: string): Operation | undefined {
  const name = path.slice(EST.length);
  return Object.hasOwn(METHODS, name) ? (name as Operation) : undefined;
}

/** The methods of an operation that was asked for by another; undefined: it may go on. */
export function otherMethods(operation: Operation, method: string): readonly string[] | undefined {
  return METHODS[operation].includes(method) ? undefined : METHODS[operation];
}

/** What of a request shows who asks. */
export function proofIn(operation: Operation, request: LocalRequest): 'invitation' | 'certificate' {
  const hasToken = headerValue(request.headers, 'authorization') !== undefined;
  return operation === 'simpleenroll' && (hasToken || request.identity === undefined)
    ? 'invitation'
    : 'certificate';
}

/** The new certificate. Throws an EnrolFault. */
export async function enrol(
  by: 'invitation' | 'certificate',
  request: LocalRequest,
  enrolment: Enrolment,
): Promise<CertificateFacts> {
  const { headers, body, identity, remoteAddress, time: now } = request;
  const site = headerValue(headers, 'sec-fetch-site');
  if (site !== undefined && site !== 'same-origin') throw new EnrolFault('cross_site');
  const type = headerValue(headers, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/pkcs10') throw new EnrolFault('media_type');
  const asked = { csr: decoded(body), remoteAddress, now };
  if (by === 'invitation') return await enrolment.first(tokenIn(headers), asked);
  if (identity === undefined) throw new EnrolFault('certificate_missing');
  return await enrolment.next(identity.leaf, asked);
}

/** PEM, or the base64 of DER with whatever white space (RFC 8951 3.1). */
function decoded(body: Buffer): Buffer {
  const text = body.toString('latin1').trim();
  if (text.startsWith('-----BEGIN ')) return Buffer.from(text, 'latin1');
  const packed = text.replaceAll(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(packed)) throw new EnrolFault('request_malformed', 'it is no base64');
  return Buffer.from(packed, 'base64');
}

/** The password of Basic, with whatever user name (RFC 7030 3.2.3), or a bearer's token. */
function tokenIn(headers: LocalRequest['headers']): string {
  const [credentials, ...others] = headerValues(headers, 'authorization');
  if (credentials === undefined || others.length > 0) throw new EnrolFault('invitation_missing');
  const [, scheme = '', value = ''] = /^(basic|bearer) +([^\s]+)$/i.exec(credentials) ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme === '') throw new EnrolFault('invitation_missing');
  const pair = Buffer.from(value, 'base64').toString('latin1');
  return pair.slice(pair.indexOf(':') + 1);
}

export function certificatesAnswer(certificates: readonly Buffer[]): LocalAnswer {
  const base64 = encodeCertsOnly(certificates).toString('base64');
  const fields = ['Content-Type', 'application/pkcs7-mime; smime-type=certs-only'];
  // RFC 8951 3.1 has done away with the second, and older clients look for it.
  fields.push('Content-Transfer-Encoding', 'base64', 'Cache-Control', 'no-store');
  return { status: 200, fields, body: Buffer.from(base64.replaceAll(/.{1,64}/g, '$&\r\n')) };
}

/** Plain text, as RFC 7030 4.2.3 wants it. `isBearer`: how the token was shown. */
export function faultAnswer({ status, message, retryAfter }: EnrolFault, isBearer: boolean): LocalAnswer {
  const fields = ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store'];
  // A browser asks its user for a password where it is told of Basic.
  if (status === 401)
    fields.push('WWW-Authenticate', isBearer ? 'Bearer error="invalid_token"' : 'Basic realm="enrolment"');
  if (retryAfter !== undefined) fields.push('Retry-After', String(retryAfter));
  return { status, fields, body: Buffer.from(`${message}\n`) };
}
