// An app for long tests: every answer carries the token of its request, and goes wrong where the request says so.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { makeTestPki } from './certificates.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

export const FAULTS = ['none', 'error', 'reset', 'half', 'stall', 'drip', 'early'] as const;
export type Fault = (typeof FAULTS)[number];

/** The body that belongs to a token. */
export function bodyFor(token: string, size: number): Buffer {
  return Buffer.alloc(size, token);
}

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

async function answer(request: Request, response: Response): Promise<void> {
  const asked = new URL(request.url ?? '/', 'https://x').searchParams;
  const token = asked.get('token') ?? '';
  const fault = asked.get('fault') as Fault;
  const body = bodyFor(token, Number(asked.get('size')));
  response.setHeader('x-token', token);
  response.setHeader('content-type', 'text/plain');
  if (asked.has('length') && fault !== 'early' && fault !== 'error')
    response.setHeader('content-length', body.length);
  request.on('error', () => {});
  response.on('error', () => {});
  if (fault === 'early') {
    response.statusCode = 413;
    response.end();
    return;
  }
  let received = 0;
  for await (const chunk of request) received += (chunk as Buffer).length;
  response.setHeader('x-received', String(received));
  switch (fault) {
    case 'error':
      response.statusCode = 500;
      response.end();
      return;
    case 'reset':
      cut(response);
      return;
    case 'half':
      write(response, body.subarray(0, body.length / 2), () => cut(response));
      return;
    case 'stall':
      return;
    case 'drip':
      for (let at = 0; at < body.length; at += Math.ceil(body.length / 5)) {
        write(response, body.subarray(at, at + Math.ceil(body.length / 5)));
        await delay(5);
      }
      response.end();
      return;
    case 'none':
      response.end(body);
  }
}

function write(response: Response, chunk: Buffer, done?: () => void): void {
  (response as ServerResponse).write(chunk, done);
}

function cut(response: Response): void {
  if ('stream' in response) response.stream.destroy(new Error('cut'));
  else response.socket?.destroy();
}

function handle(request: Request, response: Response): void {
  answer(request, response).catch(() => cut(response));
}

/** Speaks HTTP/1.1, or both; with WebSockets that echo. */
export async function startSoakApp(t: Teardown, isH2: boolean): Promise<string> {
  const { app, upstreamCa } = await makeTestPki();
  const tls = { cert: app.certPem, key: app.keyPem, ca: upstreamCa.certPem, requestCert: true };
  const server = isH2 ? createSecureServer({ ...tls, allowHTTP1: true }, handle) : createServer(tls, handle);
  server.on('sessionError', () => {});
  server.on('tlsClientError', () => {});
  if (!isH2) {
    const websockets = new WebSocketServer({ server: server as ReturnType<typeof createServer> });
    websockets.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    t.teardown(() => websockets.close());
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    if ('closeAllConnections' in server) (server as ReturnType<typeof createServer>).closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}
