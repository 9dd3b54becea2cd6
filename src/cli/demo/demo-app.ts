// A demo app: a plain Node https server that itself demands Sallyport's client certificate, as any app behind Sallyport
// should. Whoever reaches it is the proxy, so it may believe what the proxy says about the caller.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { webSocketEcho } from './websocket-echo.ts';

/** Answers one request. A rejection ends the answer: 500 where nothing was sent, a cut where something was. */
export type DemoHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface DemoAppOptions {
  /** The app's own certificate and key, PEM. */
  readonly certPem: string;
  readonly keyPem: string;
  /** PEM of the CA whose clients may come in: the one that signed Sallyport's own identity, and no other. */
  readonly clientCaPem: string;
  readonly handler: DemoHandler;
  /** Serves a WebSocket echo at `/ws`. Default false: upgrades are refused. */
  readonly hasWebSocket?: boolean;
}

export interface DemoApp {
  /** `https://127.0.0.1:PORT`; the port is one that was free. */
  readonly url: string;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/** Starts the app on a free loopback port. */
export async function startDemoApp(options: DemoAppOptions): Promise<DemoApp> {
  if (options.clientCaPem.trim() === '') throw new Error('a demo app needs the CA of its clients');
  const server = createServer(
    {
      cert: options.certPem,
      key: options.keyPem,
      ca: options.clientCaPem,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      // A body may take as long as it takes, and the proxy keeps connections for a while.
      requestTimeout: 0,
      keepAliveTimeout: 65_000,
    },
    (request, response) => void answer(options.handler, request, response),
  );
  const webSockets = options.hasWebSocket === true ? webSocketEcho(server, '/ws') : undefined;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, 'close');
      webSockets?.close();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  handler: DemoHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await handler(request, response);
  } catch {
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { 'content-type': 'text/plain' }).end('The demo app failed.\n');
  }
}
