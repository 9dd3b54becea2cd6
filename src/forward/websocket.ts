// The WebSocket handshake as a proxy must know it (RFC 6455 4): enough to open a tunnel only after both sides have
// really agreed, so that no bytes are smuggled through a switch that never happened (Pingora CVE-2026-2833).
import { createHash } from 'node:crypto';
import type { ErrorCode } from '../core/errors.ts';
import { type FlatHeaders, headerValues } from '../core/flat-headers.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Base64 of exactly 16 bytes. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** What is wrong with the client's half, or undefined. */
export function websocketRequestFault(headers: FlatHeaders): ErrorCode | undefined {
  const versions = headerValues(headers, 'sec-websocket-version');
  if (versions.length !== 1 || versions[0] !== '13') return 'websocket_version';
  const keys = headerValues(headers, 'sec-websocket-key');
  return keys.length === 1 && KEY.test(keys[0] ?? '') ? undefined : 'bad_upgrade';
}

/** Whether the app's half answers the client's. */
export function isWebsocketAccepted(request: FlatHeaders, answer: FlatHeaders): boolean {
  const [key = ''] = headerValues(request, 'sec-websocket-key');
  const accepts = headerValues(answer, 'sec-websocket-accept');
  return (
    accepts.length === 1 &&
    accepts[0] ===
      createHash('sha1')
        .update(key + GUID)
        .digest('base64')
  );
}
