// Waits on a raw socket for a whole ClientHello, which is put back so that a TLS server can have it, or for a whole header
// of the PROXY protocol, which is not. Hostile input: bytes are capped here, time by the caller's deadline; the outcome is
// said exactly once, or never when the socket closes first.
import type { Socket } from 'node:net';
import { type ClientHello, type HelloFault, parseClientHello } from './client-hello.ts';
import { type ProxyHeader, type ProxyHeaderFault, parseProxyHeader } from './proxy-header.ts';

export type PeekFault = HelloFault | 'hello_too_large';

export function peekClientHello(
  socket: Socket,
  maxBytes: number,
  onDone: (result: ClientHello | PeekFault) => void,
): void {
  gather(socket, (bytes) => {
    const result = parseClientHello(bytes.subarray(0, maxBytes));
    if (typeof result === 'object' && 'needed' in result)
      return result.needed > maxBytes ? { isDone: true, act: () => onDone('hello_too_large') } : result;
    const back = typeof result === 'object' ? bytes : undefined;
    return { isDone: true, back, act: () => onDone(result) };
  });
}

/** What comes after the header is left on the socket. */
export function takeProxyHeader(
  socket: Socket,
  onDone: (result: ProxyHeader | ProxyHeaderFault) => void,
): void {
  gather(socket, (bytes) => {
    const result = parseProxyHeader(bytes);
    if (typeof result === 'object' && 'needed' in result) return result;
    const back = typeof result === 'object' ? bytes.subarray(result.length) : undefined;
    return { isDone: true, back, act: () => onDone(result) };
  });
}

type Outcome =
  | { readonly needed: number }
  /** `back` is put back before `act` is called. */
  | { readonly isDone: true; readonly back?: Buffer | undefined; readonly act: () => void };

/** Gives all bytes so far to `look`, whenever there are as many as it needs. */
function gather(socket: Socket, look: (bytes: Buffer) => Outcome): void {
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
    const outcome = look(bytes);
    if ('needed' in outcome) {
      needed = outcome.needed;
      return;
    }
    socket.off('readable', onReadable);
    if (outcome.back !== undefined && outcome.back.length > 0) socket.unshift(outcome.back);
    outcome.act();
  };
  socket.on('readable', onReadable);
}
