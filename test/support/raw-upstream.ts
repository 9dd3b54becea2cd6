// An upstream made of raw sockets: the test says byte by byte what it answers and sees byte by byte what it got.
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';

export interface RawUpstream {
  /** `http://127.0.0.1:port` or `https://…`. */
  readonly url: string;
  readonly port: number;
  /** Every connection so far (with TLS: every finished handshake). */
  readonly sockets: readonly net.Socket[];
}

interface Teardown {
  teardown(fn: () => unknown): void;
}

/** Listens on a free port of 127.0.0.1, with TLS when `secure` is given; closes itself and its sockets in the end. */
export async function startRawUpstream(
  t: Teardown,
  onSocket: (socket: net.Socket, index: number) => void,
  secure?: tls.TlsOptions,
): Promise<RawUpstream> {
  const sockets: net.Socket[] = [];
  const accept = (socket: net.Socket): void => {
    socket.on('error', () => {});
    sockets.push(socket);
    onSocket(socket, sockets.length - 1);
  };
  const server = secure === undefined ? net.createServer(accept) : tls.createServer(secure, accept);
  server.on('tlsClientError', () => {});
  const raw = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => raw.add(socket.once('close', () => raw.delete(socket))));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of raw) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${secure === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, port, sockets };
}

/** Answers every request head (no body) on the socket with the same bytes. */
export function answerEach(answer: string | ((head: string) => string)): (socket: net.Socket) => void {
  return (socket) => {
    let seen = '';
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      for (let end = seen.indexOf('\r\n\r\n'); end !== -1; end = seen.indexOf('\r\n\r\n')) {
        const head = seen.slice(0, end);
        seen = seen.slice(end + 4);
        socket.write(typeof answer === 'string' ? answer : answer(head), 'latin1');
      }
    });
  };
}
