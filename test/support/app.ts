// An app behind the proxy: HTTPS, demands Sallyport's own certificate, answers with what it was told.
import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeTestPki } from './certificates.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

export interface TestApp {
  readonly url: string;
  readonly server: Server;
  /** Heads of the requests that arrived. */
  readonly requests: IncomingMessage[];
}

/** Without a listener it answers every request with its method, target, headers and body as JSON. */
export async function startApp(
  t: Teardown,
  listener: RequestListener = reflect,
  { host = '127.0.0.1', port = 0 } = {},
): Promise<TestApp> {
  const pki = await makeTestPki();
  const requests: IncomingMessage[] = [];
  const server = createServer({
    cert: pki.app.certPem,
    key: pki.app.keyPem,
    ca: pki.upstreamCa.certPem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on('request', (request, response) => {
    requests.push(request);
    listener(request, response);
  });
  server.listen(port, host);
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, server, requests };
}

export interface Reflection {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly rawHeaders: string[];
  readonly body: string;
}

const reflect: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, headers, rawHeaders } = request;
    const body = Buffer.concat(chunks).toString('latin1');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method, url, headers, rawHeaders, body }));
  });
};
