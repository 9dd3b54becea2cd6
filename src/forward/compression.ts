// Whether an answer of an app is compressed for the client, in which coding, and what its head says then. Decided over
// the head alone, before anything of the answer is written.
import { type FlatHeaders, headerValue, headerValues } from '../core/flat-headers.ts';
import { isGrpc } from '../core/grpc-status.ts';
import type { RequestHead, ResponseLength } from '../exchange/exchange.ts';
import { type Coding, preferredCoding } from './accept-encoding.ts';
import { mayBeOfOtherSite } from './request-site.ts';

export interface CompressionSettings {
  /** In order of preference. */
  readonly codings: readonly Coding[];
  /** In lower case, without parameters. */
  readonly coversType: (mediaType: string) => boolean;
  /** Shorter answers stay as they are; at least 1. */
  readonly minBytes: number;
}

export interface AnswerHead {
  readonly status: number;
  /** Changed in place. */
  readonly fields: string[];
  readonly length: ResponseLength;
}

/** Without a body, or a part of one, whose bytes are those of the representation as the app has it. */
const NEVER = new Set([204, 205, 206, 304]);
/** With one of them as well. Whoever gets a cookie gets something of their own, perhaps a secret that the page shows. */
const STAYS = ['content-encoding', 'content-range', 'set-cookie'];
/** Sums over the bytes as they were (RFC 9530, 3230, 1864), and the offer of parts of them (RFC 9110 14.3). */
const OF_PLAIN_BYTES = new Set(['content-digest', 'repr-digest', 'digest', 'content-md5', 'accept-ranges']);

/**
 * Undefined: the answer stays as it is. Notes in its fields that it depends on `Accept-Encoding` wherever another
 * client may get it compressed, for caches on the way.
 */
export function codingFor(
  settings: CompressionSettings,
  request: RequestHead,
  answer: AnswerHead,
): Coding | undefined {
  if (answer.status === 304) noteUnchanged(request, answer.fields);
  if (!isCompressible(settings, answer)) return undefined;
  varyByEncoding(answer.fields);
  const coding = preferredCoding(headerValues(request.headers, 'accept-encoding'), settings.codings);
  return coding === undefined || mayBeOfOtherSite(request) ? undefined : coding;
}

function isCompressible({ minBytes, coversType }: CompressionSettings, answer: AnswerHead): boolean {
  const { status, fields, length } = answer;
  if (NEVER.has(status) || (typeof length === 'number' && length < minBytes)) return false;
  const types = headerValues(fields, 'content-type');
  const [type = ''] = types;
  const mediaType = (type.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (types.length !== 1 || isGrpc(type) || !coversType(mediaType)) return false;
  if (STAYS.some((name) => headerValue(fields, name) !== undefined)) return false;
  return !headerValues(fields, 'cache-control').some((value) =>
    /(?:^|[\s,])no-transform(?:$|[\s,])/i.test(value),
  );
}

/** What the head says of an answer that will be compressed. */
export function noteCoding(fields: string[], coding: Coding): void {
  for (let i = fields.length - 2; i >= 0; i -= 2) {
    const name = (fields[i] ?? '').toLowerCase();
    if (OF_PLAIN_BYTES.has(name)) fields.splice(i, 2);
    // Other bytes are another representation: the strong validator names the app's (RFC 9110 8.8.3.3).
    else if (name === 'etag') fields[i + 1] = weak(fields[i + 1] ?? '');
  }
  fields.push('Content-Encoding', coding);
}

/** Digests among them would be of the bytes as they were. */
export function withoutDigests(trailers: FlatHeaders): FlatHeaders {
  return trailers.filter(
    (_, index) => !OF_PLAIN_BYTES.has((trailers[index - (index % 2)] ?? '').toLowerCase()),
  );
}

const weak = (tag: string): string => (tag.startsWith('"') ? `W/${tag}` : tag);

/** A 304 must name the answer that the client has: the compressed one, where its tag is the weak one (RFC 9111 4.3.4). */
function noteUnchanged({ headers }: RequestHead, fields: string[]): void {
  varyByEncoding(fields);
  const held = headerValues(headers, 'if-none-match').join(',');
  for (let i = 0; i < fields.length; i += 2) {
    const tag = weak(fields[i + 1] ?? '');
    if (fields[i]?.toLowerCase() === 'etag' && held.includes(tag)) fields[i + 1] = tag;
  }
}

function varyByEncoding(fields: string[]): void {
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i]?.toLowerCase() !== 'vary') continue;
    const value = fields[i + 1] ?? '';
    if (!/(?:^|[\s,])(?:\*|accept-encoding)(?:$|[\s,])/i.test(value))
      fields[i + 1] = `${value}, Accept-Encoding`;
    return;
  }
  fields.push('Vary', 'Accept-Encoding');
}
