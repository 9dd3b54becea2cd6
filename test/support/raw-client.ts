// A TCP connection without TLS: for clients that never get that far.
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

interface Teardown {
  teardown(fn: () => unknown): void;
}

/** Connected; errors are for `closed` to see. */
export async function dial(t: Teardown, port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

/** All that comes until the peer closes, politely or not. */
export function closed(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const text = (): string => Buffer.concat(chunks).toString('latin1');
  return new Promise((resolve) => {
    if (socket.closed) resolve(text());
    else socket.once('close', () => resolve(text()));
  });
}
