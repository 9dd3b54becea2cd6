// Tunnels by CONNECT for long tests: to an app that echoes, for a while each, until the other end has said goodbye, too.
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type TLSSocket, connect } from 'node:tls';
import type { SoakClient } from './soak-clients.ts';
import { connectHead } from './tunnel.ts';

const ROUNDS = 20;
/** Nothing here takes that long, unless bytes are lost. */
const PATIENCE_MS = 20_000;

export async function soakTunnel(target: string, { options, counts, isOver }: SoakClient): Promise<void> {
  while (!isOver()) {
    const socket = connect(options);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('nothing comes any more')));
    const fault = await echoes(socket, target).catch((error: Error) => error.message);
    socket.destroy();
    if (fault !== undefined && counts.wrong.length < 20) counts.wrong.push(`tunnel: ${fault}`);
    counts.tunnels++;
  }
}

async function echoes(socket: TLSSocket, target: string): Promise<string | undefined> {
  socket.allowHalfOpen = true;
  const read = readerOf(socket);
  socket.write(connectHead(target));
  const head = await read((bytes) => bytes.includes('\r\n\r\n'));
  if (!/^HTTP\/1.1 200 [^\r]*\r\n(?:[^\r]+\r\n)*\r\n$/.test(head.toString('latin1'))) return String(head);
  for (let round = 0; round < ROUNDS; round++) {
    const sent = randomBytes(2 ** randomInt(1, 17));
    socket.write(sent);
    const got = await read((bytes) => bytes.length >= sent.length);
    if (!got.equals(sent)) return 'other bytes';
  }
  const ended = once(socket, 'end');
  socket.end();
  await ended;
  return undefined;
}

/** What it returns waits until that is enough, and rejects where it never will be. */
function readerOf(socket: TLSSocket) {
  let bytes = Buffer.alloc(0);
  let waiting: { isEnough: (bytes: Buffer) => boolean; done: PromiseWithResolvers<Buffer> } | undefined;
  const look = (): void => {
    if (waiting?.isEnough(bytes) !== true) return;
    waiting.done.resolve(bytes);
    bytes = Buffer.alloc(0);
    waiting = undefined;
  };
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    look();
  });
  socket.on('error', (error) => waiting?.done.reject(error));
  socket.on('close', () => waiting?.done.reject(new Error('closed too early')));
  return async (isEnough: (bytes: Buffer) => boolean): Promise<Buffer> => {
    const done = Promise.withResolvers<Buffer>();
    waiting = { isEnough, done };
    look();
    return await done.promise;
  };
}
