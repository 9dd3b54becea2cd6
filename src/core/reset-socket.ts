// Cuts a socket so that the other side notices: by a reset where there is one.
import type { Socket } from 'node:net';

/** Never throws: a unix socket knows no reset, and `resetAndDestroy` throws on one; it is closed. */
export function resetSocket(raw: Socket): void {
  if (raw.remoteAddress === undefined) raw.destroy();
  else raw.resetAndDestroy();
}
