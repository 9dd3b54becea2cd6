// Header fields of an answer as HTTP/2 has them: names in lower case, and none that speaks of a connection.
import type { FlatHeaders } from '../core/flat-headers.ts';

/** Fields of a connection, which HTTP/2 has not (RFC 9113 8.2.2). */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'upgrade',
  'transfer-encoding',
]);

/** Appends to `fields`. What accepts a WebSocket is for the hop behind (RFC 8441 5). */
export function copyFields(headers: FlatHeaders, fields: string[]): void {
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    if (!OF_CONNECTION.has(name) && name !== 'sec-websocket-accept') fields.push(name, headers[i + 1] ?? '');
  }
}

/** The same as an object, where node:http2 takes nothing else: a name given twice has a list of values. */
export function fieldObject(headers: FlatHeaders): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    if (OF_CONNECTION.has(name)) continue;
    const value = headers[i + 1] ?? '';
    const known = fields[name];
    fields[name] = known === undefined ? value : [known, value].flat();
  }
  return fields;
}
