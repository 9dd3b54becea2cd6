// What a connection says about itself stays on it (RFC 9110 7.6.1). The order is the point: first every token of
// `Connection` is read, then those fields and the fixed list go, and only then may anything be added, so that a client
// cannot have the proxy's own headers removed by naming them (Traefik CVE-2026-29054, reply-from CVE-2026-33805).
import type { FlatHeaders } from '../core/flat-headers.ts';
import { flatText } from '../core/flat-text.ts';
import { isManagedName } from '../core/managed-names.ts';

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  // Framing is made anew on each side, and the edge has answered the expectation.
  'content-length',
  'expect',
]);

type Direction = 'request' | 'response';
const PASS = 0;
const DROP = 1;
const CONNECTION = 2;

/** Names as sent -> what becomes of them. Bounded, since clients choose the names. */
const MAX_KNOWN = 2_000;
const known: Record<Direction, Map<string, number>> = { request: new Map(), response: new Map() };

function fateOf(name: string, direction: Direction): number {
  const fates = known[direction];
  const cached = fates.get(name);
  if (cached !== undefined) return cached;
  const lower = name.toLowerCase();
  const isDropped =
    HOP_BY_HOP.has(lower) || (direction === 'request' && (lower === 'host' || isManagedName(lower)));
  const fate = lower === 'connection' ? CONNECTION : isDropped ? DROP : PASS;
  if (fates.size < MAX_KNOWN) fates.set(flatText(name), fate);
  return fate;
}

/**
 * Copies into `out` the fields that may go on. Of a request also `Host` and every managed name is dropped: they are
 * said anew.
 */
export function copyEndToEnd(headers: FlatHeaders, direction: Direction, out: string[]): void {
  let tokens: Set<string> | undefined;
  for (let i = 0; i < headers.length; i += 2)
    if (fateOf(headers[i] ?? '', direction) === CONNECTION) tokens = addTokens(tokens, headers[i + 1] ?? '');
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (fateOf(name, direction) !== PASS) continue;
    if (tokens !== undefined && tokens.has(name.toLowerCase())) continue;
    out.push(name, headers[i + 1] ?? '');
  }
}

function addTokens(tokens: Set<string> | undefined, value: string): Set<string> | undefined {
  // What nearly every client says, and what names no field.
  if (value === 'keep-alive' || value === 'close') return tokens;
  const all = tokens ?? new Set<string>();
  for (const token of value.split(',')) all.add(token.trim().toLowerCase());
  return all;
}
