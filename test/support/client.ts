// Clients as tests need them: a TLS connection that shows a certificate, raw bytes in, parsed answers out.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { type Agent, request, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { TestPki } from './certificates.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Buffer;
}

/** Alice's certificate, and the name that the edge is asked for; both can be overridden. */
export function clientOptions(pki: TestPki, port: number, more: ConnectionOptions = {}): ConnectionOptions {
  return {
    host: '127.0.0.1',
    port,
    ca: pki.serverCa.certPem,
    cert: pki.client.certPem,
    key: pki.client.keyPem,
    servername: 'app.sallyport.localhost',
    ...more,
  };
}

export async function openClient(t: Teardown, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect(options);
  socket.on('error', () => {});
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

/** Everything that comes until the peer closes. */
export async function readAll(socket: TLSSocket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await closed(socket);
  return Buffer.concat(chunks).toString('latin1');
}

/** Until the connection is over, well or badly: a cut is an answer too. */
export async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

export interface Call {
  readonly method?: string;
  readonly path?: string;
  /** Default: the server name that the connection asks for. */
  readonly host?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
  /** Default: a connection of its own. */
  readonly agent?: Agent;
}

/** One request by Node's own client, and its whole answer. Throws what the connection fails with. */
export async function call(options: ConnectionOptions, made: Call = {}): Promise<Answer> {
  const host = made.host ?? options.servername ?? 'localhost';
  const outgoing = request({
    ...(options as RequestOptions),
    agent: made.agent ?? false,
    method: made.method ?? 'GET',
    path: made.path ?? '/',
    headers: { host, ...made.headers },
  });
  outgoing.end(made.body);
  const [incoming] = await once(outgoing, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return { status: incoming.statusCode, headers: incoming.headers, body: bytes.toString(), bytes };
}

/** Writes these bytes (latin1) to a connection of its own and gives everything that comes until it closes. */
export async function sendRaw(options: ConnectionOptions, bytes: string): Promise<string> {
  const socket = connect(options);
  socket.on('error', () => {});
  socket.once('secureConnect', () => socket.write(bytes, 'latin1'));
  try {
    return await readAll(socket);
  } finally {
    socket.destroy();
  }
}
