// A client of HTTP/2 as tests need it: Node's own, with a certificate to show, and whole answers.
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { once } from 'node:events';
import type { ConnectionOptions } from 'node:tls';
import type { FlatHeaders } from '../../src/core/flat-headers.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

export interface H2Answer {
  readonly status: number;
  /** With `:status`, names in lower case. */
  readonly headers: FlatHeaders;
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Buffer;
  readonly trailers: FlatHeaders;
  readonly informational: readonly number[];
  /** Code of RST_STREAM; 0 where it ended in peace. */
  readonly rstCode: number;
  /** Whether its end came, and not only that of the connection. */
  readonly isWhole: boolean;
}

/** Connected, with the server's settings. `options` as for `tls.connect`. */
export async function openH2(t: Teardown, options: ConnectionOptions): Promise<ClientHttp2Session> {
  const { servername = 'localhost', host = '127.0.0.1', port } = options;
  const session = connect(`https://${servername}`, {
    ...options,
    host,
    port,
    ALPNProtocols: ['h2'],
    // Megabytes; bodies of tests wait in it.
    maxSessionMemory: 100,
  } as object);
  session.on('error', () => {});
  t.teardown(() => session.destroy());
  await once(session, 'remoteSettings');
  return session;
}

export interface H2Call {
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  /** Flat. */
  readonly headers?: FlatHeaders;
  readonly body?: Buffer | string;
  readonly trailers?: Record<string, string>;
}

/** Fields in the order in which browsers send them. */
export function h2Fields(
  session: ClientHttp2Session,
  { method = 'GET', path = '/', authority, headers = [] }: H2Call,
) {
  const host = authority ?? new URL(session.originSet?.[0] ?? 'https://localhost').host;
  return [':method', method, ':authority', host, ':scheme', 'https', ':path', path, ...headers];
}

/** One request and its whole answer; never throws: a reset is an answer, too. */
export async function h2Call(session: ClientHttp2Session, made: H2Call = {}): Promise<H2Answer> {
  const hasBody = made.body !== undefined || made.trailers !== undefined;
  const options = { endStream: !hasBody, waitForTrailers: made.trailers !== undefined };
  const stream = session.request(h2Fields(session, made), options);
  stream.on('wantTrailers', () => stream.sendTrailers(made.trailers ?? {}));
  if (hasBody) stream.end(made.body);
  return await h2AnswerOf(stream);
}

export async function h2AnswerOf(stream: ClientHttp2Stream): Promise<H2Answer> {
  let headers: FlatHeaders = [];
  let trailers: FlatHeaders = [];
  const informational: number[] = [];
  const chunks: Buffer[] = [];
  let hasEnded = false;
  let hasFailed = false;
  stream.on('error', () => (hasFailed = true));
  stream.on('end', () => (hasEnded = true));
  stream.on('headers', (_headers, _flags, raw: FlatHeaders) => informational.push(Number(raw[1])));
  stream.on('response', (_headers, _flags, raw: FlatHeaders) => (headers = raw));
  stream.on('trailers', (_headers, _flags, raw: FlatHeaders) => (trailers = raw));
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!stream.closed || !stream.destroyed) await new Promise((resolve) => stream.once('close', resolve));
  const bytes = Buffer.concat(chunks);
  return {
    status: Number(headers[headers.indexOf(':status') + 1] ?? 0),
    headers,
    body: bytes.toString(),
    bytes,
    trailers,
    informational,
    isWhole: hasEnded && !hasFailed,
    rstCode: stream.rstCode ?? constants.NGHTTP2_NO_ERROR,
  };
}
