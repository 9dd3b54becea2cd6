// A request head as our own client writes it, with everything that frames the request.
import { CHUNKED_LINE, contentLengthLine, requestHeadText } from '../http1/write-head.ts';
import type { OutgoingHead } from './contract.ts';

/** A request that says nothing of a body means one for these (RFC 9110 8.6). */
const EXPECTS_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** Throws `internal` where something in it cannot be written. */
export function rawHeadText({
  method,
  target,
  headers,
  block,
  contentLength,
  upgrade,
  isFresh,
}: OutgoingHead): string {
  const connection =
    upgrade === undefined
      ? isFresh
        ? 'connection: close\r\n'
        : ''
      : `connection: upgrade\r\nupgrade: ${upgrade}\r\n`;
  const framing =
    contentLength === undefined
      ? CHUNKED_LINE
      : contentLength > 0 || EXPECTS_BODY.has(method)
        ? contentLengthLine(contentLength)
        : '';
  return requestHeadText(method, target, headers, (block?.lines ?? '') + connection + framing);
}

/**
 * Whether it may stand in line with others on one connection: safe to send twice and answered by what it says (RFC 9110
 * 9.2.1), without a body. Not HEAD: an app that wrongly answers it with a body would give that to the next in line.
 */
export function mayStandInLine({ method, contentLength, upgrade, isFresh }: OutgoingHead): boolean {
  return (
    (method === 'GET' || method === 'OPTIONS') && contentLength === 0 && upgrade === undefined && !isFresh
  );
}
