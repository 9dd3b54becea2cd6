// The proxy that a Node developer would have written with http-proxy 1.18.1: an https server, an agent that keeps
// connections, pino for the access log. Started by `http-proxy.ts`; takes its settings as JSON in the first argument.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import httpProxy from 'http-proxy';
import pino from 'pino';
import type { HttpProxySettings } from './http-proxy.ts';

const settings = JSON.parse(process.argv[2] ?? '') as HttpProxySettings;
const log = pino(pino.destination({ dest: settings.accessLog, sync: false, minLength: 4096 }));

const agent = new Agent({
  keepAlive: true,
  maxSockets: 256,
  maxFreeSockets: 256,
  servername: settings.appName,
  cert: readFileSync(settings.proxyCertFile),
  key: readFileSync(settings.proxyKeyFile),
  ca: readFileSync(settings.serverCaFile),
  minVersion: 'TLSv1.3',
});
const proxy = httpProxy.createProxyServer({ target: settings.upstreamUrl, agent, secure: true });

interface Caller {
  readonly subject: string;
  readonly fingerprint: string;
  readonly header: string;
}
const callers = new WeakMap<TLSSocket, Caller>();

function callerOf(socket: TLSSocket): Caller {
  const known = callers.get(socket);
  if (known !== undefined) return known;
  const certificate = socket.getPeerX509Certificate();
  const fingerprint = (certificate?.fingerprint256 ?? '').replaceAll(':', '').toLowerCase();
  const subject = (certificate?.subject ?? '').replaceAll('\n', ',');
  const caller = { subject, fingerprint, header: `Hash=${fingerprint};Subject="${subject}"` };
  callers.set(socket, caller);
  return caller;
}

const server = createServer({
  cert: readFileSync(settings.edgeCertFile),
  key: readFileSync(settings.edgeKeyFile),
  ca: readFileSync(settings.clientCaFile),
  requestCert: true,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.3',
  keepAliveTimeout: 300_000,
});
server.maxRequestsPerSocket = 0;
server.on('request', (request, response) => {
  const startedMs = performance.now();
  const socket = request.socket as TLSSocket;
  const caller = callerOf(socket);
  const id = randomUUID();
  request.headers['x-forwarded-for'] = socket.remoteAddress ?? '';
  request.headers['x-forwarded-proto'] = 'https';
  request.headers['x-request-id'] = id;
  request.headers['x-forwarded-client-cert'] = caller.header;
  response.once('close', () => {
    log.info({
      id,
      client: caller.subject,
      fingerprint: caller.fingerprint,
      tls: socket.getProtocol(),
      resumed: socket.isSessionReused(),
      host: request.headers.host,
      method: request.method,
      path: request.url,
      status: response.statusCode,
      duration: performance.now() - startedMs,
    });
  });
  proxy.web(request, response);
});
proxy.on('error', (error: Error, _request: unknown, response: { destroy(): void }) => {
  log.error(error);
  response.destroy();
});
server.on('tlsClientError', () => {});
server.listen({ port: settings.port, host: '127.0.0.1', backlog: 4096 });
