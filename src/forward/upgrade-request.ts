// A request to switch protocols, as far as a proxy judges it.
import type { ErrorCode } from '../core/errors.ts';
import type { RequestHead } from '../exchange/exchange.ts';
import { websocketRequestFault } from './websocket.ts';

/** What is wrong with it, or undefined. One with a body could leave a part of that to be read as the first of the tunnel. */
export function upgradeRequestFault({
  method,
  upgrade,
  contentLength,
  headers,
}: RequestHead): ErrorCode | undefined {
  if (contentLength !== 0) return 'bad_upgrade';
  if (upgrade !== 'websocket') return undefined;
  return method === 'GET' ? websocketRequestFault(headers) : 'bad_upgrade';
}
