// The app's answer as the client gets it.
import { type FlatHeaders, headerValue, headerValues } from '../core/flat-headers.ts';
import type { ResponseLength } from '../exchange/exchange.ts';
import { copyEndToEnd } from './hop-by-hop.ts';

/** How many bytes will follow, as the app announced it; the client that talked to the app has judged the framing. */
export function answerLength(method: string, status: number, headers: FlatHeaders): ResponseLength {
  if (status === 204 || status === 304) return 'none';
  const announced = headerValue(headers, 'content-length');
  if (announced === undefined) return method === 'HEAD' ? 'none' : 'until_end';
  return Number(announced);
}

/** End-to-end fields only. A `Vary` on the headers we make would mean nothing to caches of the client (RFC 9440 2.4). */
export function answerFields(headers: FlatHeaders): string[] {
  const fields: string[] = [];
  copyEndToEnd(headers, 'response', fields);
  for (let i = 0; i < fields.length; i += 2) {
    if (
      fields[i]?.length === 4 &&
      fields[i]?.toLowerCase() === 'vary' &&
      /client-cert/i.test(fields[i + 1] ?? '')
    )
      fields[i + 1] = '*';
  }
  return fields;
}

/** Whether an answer 101 is the switch that was asked for (RFC 9110 7.8). */
export function isSwitchTo(protocol: string, headers: FlatHeaders): boolean {
  const upgrades = headerValues(headers, 'upgrade');
  const connection = headerValues(headers, 'connection').join(',').toLowerCase().split(',');
  return (
    upgrades.length === 1 &&
    upgrades[0]?.toLowerCase() === protocol &&
    connection.some((token) => token.trim() === 'upgrade')
  );
}
