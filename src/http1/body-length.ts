// How long a body is, from the fields that say so. Every ambiguity is refused: this is where smuggling begins
// (RFC 9112 6.1-6.3).
import { SallyportError } from '../core/errors.ts';
import { isMadeOf, TOKEN } from './grammar.ts';
import type { MessageFields } from './message-fields.ts';

/** Bytes, or what the fields say instead: `chunked`, or `none` where there is neither field. */
export type DeclaredLength = number | 'chunked' | 'none';

/** Throws bad_framing, coding_not_implemented. */
export function declaredLength(fields: MessageFields, isHttp11: boolean): DeclaredLength {
  if (fields.codings > 0) {
    if (fields.lengths > 0) throw new SallyportError('bad_framing', 'Content-Length and Transfer-Encoding');
    if (!isHttp11) throw new SallyportError('bad_framing', 'Transfer-Encoding in HTTP/1.0');
    if (fields.codings > 1) throw new SallyportError('bad_framing', 'two Transfer-Encoding fields');
    return chunkedOf(fields.coding);
  }
  if (fields.lengths === 0) return 'none';
  if (fields.lengths > 1) throw new SallyportError('bad_framing', 'two Content-Length fields');
  return parseContentLength(fields.length);
}

function chunkedOf(coding: string): 'chunked' {
  if (coding === 'chunked' || (coding.length === 7 && coding.toLowerCase() === 'chunked')) return 'chunked';
  for (const name of coding.split(','))
    if (!isMadeOf(TOKEN, name.replaceAll(' ', '')))
      throw new SallyportError('bad_framing', 'Transfer-Encoding');
  throw new SallyportError('coding_not_implemented', coding);
}

/** One to sixteen digits up to 2^53 - 1 and nothing else: no sign, no list, no white space. Throws bad_framing. */
export function parseContentLength(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) throw new SallyportError('bad_framing', 'Content-Length is not a number');
    bytes = bytes * 10 + digit;
  }
  if (text.length === 0 || text.length > 16 || bytes > Number.MAX_SAFE_INTEGER)
    throw new SallyportError('bad_framing', 'Content-Length is empty or too large');
  return bytes;
}
