// An app that speaks HTTP/2 over mutual TLS, or in clear text.
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http2';
import { makeTestPki } from './certificates.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

export interface H2App {
  readonly url: string;
  readonly server: Http2Server;
  readonly sessions: ServerHttp2Session[];
}

export type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export async function startH2App(
  t: Teardown,
  onStream: OnStream,
  { isClear = false, ...options }: SecureServerOptions & { readonly isClear?: boolean } = {},
): Promise<H2App> {
  const { app, upstreamCa } = await makeTestPki();
  const tls = { cert: app.certPem, key: app.keyPem, ca: upstreamCa.certPem, requestCert: true };
  const server = isClear ? createServer(options) : createSecureServer({ ...tls, ...options });
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    session.on('error', () => {});
    sessions.push(session);
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    onStream(stream, headers);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${isClear ? 'h2c' : 'https'}://localhost:${port}`, server, sessions };
}
