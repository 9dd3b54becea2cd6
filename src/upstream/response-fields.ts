// What the attempt must know of a response's header fields: undici's parser frames by them, these find what it lets by.
import { type FlatHeaders, headerValue, headerValues } from '../core/flat-headers.ts';

const NONE: FlatHeaders = [];

/** undici's raw fields as flat latin1 strings, in arrival order. */
export function flatten(raw: unknown): FlatHeaders {
  if (!Array.isArray(raw) || raw.length === 0) return NONE;
  const fields: string[] = [];
  for (const field of raw as readonly Buffer[]) fields.push(field.toString('latin1'));
  return fields;
}

/**
 * Whether the body has a transfer coding other than `chunked`. Our relay frames anew and does not undo codings, so the
 * client would get coded bytes without being told (RFC 9112 6.1).
 */
export function hasForeignCoding(headers: FlatHeaders): boolean {
  const codings = headerValues(headers, 'transfer-encoding');
  return codings.length > 1 || (codings.length === 1 && codings[0]?.toLowerCase() !== 'chunked');
}

/** Whether only the end of the connection ends the body (RFC 9112 6.3). */
export function isCloseDelimited(headers: FlatHeaders): boolean {
  return (
    headerValue(headers, 'content-length') === undefined &&
    headerValue(headers, 'transfer-encoding') === undefined
  );
}

/** The protocol of the `Upgrade` field, in lower case. */
export function upgradedTo(headers: FlatHeaders): string | undefined {
  return headerValue(headers, 'upgrade')?.toLowerCase();
}
