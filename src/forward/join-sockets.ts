// Two sockets joined as they are, each way by itself, until both ways have ended or one side has broken.
import type { Socket } from 'node:net';
import { noteReceived } from '../core/collection.ts';

/** Why a pair did not end in peace: one side broke, nothing was said for too long, or somebody cut it. */
export type Broken = 'client_closed' | 'upstream_closed' | 'idle_timeout' | 'revoked';

export interface JoinOptions {
  /** With nothing to pass on either way for so long both are cut; 0: never. */
  readonly idleMs: number;
  /** Exactly once, when both are closed; undefined: both ways ended. */
  readonly onDone: (broken: Broken | undefined) => void;
}

/** Returns what cuts both. */
export function joinSockets(
  client: Socket,
  app: Socket,
  { idleMs, onDone }: JoinOptions,
): (why: Broken) => void {
  let broken: Broken | undefined;
  let open = 2;
  const cut = (why: Broken): void => {
    broken ??= why;
    client.destroy();
    app.destroy();
  };
  const watch = (side: Socket, why: Broken): void => {
    // A protocol may go on one way after the other has ended.
    side.allowHalfOpen = true;
    side.on('error', () => cut(why));
    side.on('data', (chunk: Buffer) => noteReceived(chunk.length));
    side.once('close', () => {
      if (!side.readableEnded) cut(why);
      open--;
      if (open === 0) onDone(broken);
    });
  };
  watch(client, 'client_closed');
  watch(app, 'upstream_closed');
  // Whatever passes is read from one and written to the other: looking at one is enough.
  client.setTimeout(idleMs, () => cut('idle_timeout'));
  client.pipe(app).pipe(client);
  return cut;
}
