// Waits for a whole ClientHello on a raw socket, then puts the bytes back so that a TLS server can have them.
// Hostile input: bytes are capped here, time by the caller's deadline; the outcome is said exactly once, or never when
// the socket closes first.
import type { Socket } from 'node:net';
import { type ClientHello, type HelloFault, parseClientHello } from './client-hello.ts';

export type PeekFault = HelloFault | 'hello_too_large';

export function peekClientHello(
  socket: Socket,
  maxBytes: number,
  onDone: (result: ClientHello | PeekFault) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  let needed = 1;
  const onReadable = (): void => {
    for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
      chunks.push(chunk);
      length += chunk.length;
    }
    if (length < needed) return;
    const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    chunks.splice(0, chunks.length, bytes);
    const result = parseClientHello(bytes.subarray(0, maxBytes));
    if (typeof result === 'object' && 'needed' in result) {
      needed = result.needed;
      if (needed > maxBytes) finish('hello_too_large');
      return;
    }
    if (typeof result === 'object') socket.unshift(bytes);
    finish(result);
  };
  const finish = (result: ClientHello | PeekFault): void => {
    socket.off('readable', onReadable);
    onDone(result);
  };
  socket.on('readable', onReadable);
}
