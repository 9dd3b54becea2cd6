// Everything that Sallyport does for a request but TLS and system calls: a client's connection, the pipeline under a real
// configuration, the access log and our own client for apps, between sockets that cost nothing.
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { build } from '../../src/app/build.ts';
import { startTracing } from '../../src/app/tracing.ts';
import { parseConfigObject } from '../../src/config/parse.ts';
import { systemClock } from '../../src/core/clock.ts';
import { Deadlines } from '../../src/core/deadlines.ts';
import { H1Connection } from '../../src/edge/h1-connection.ts';
import type { Connection } from '../../src/exchange/connection.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { createObserver } from '../../src/observe/observer.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { parseCertificate } from '../../src/pki/facts.ts';
import type { Verdict } from '../../src/pki/identity.ts';
import { parsePem } from '../../src/pki/pem.ts';
import type { Connect } from '../../src/upstream/connector.ts';
import { EndpointHealth } from '../../src/upstream/health.ts';
import { RawPool } from '../../src/upstream/raw-pool.ts';
import { EDGE_NAME, type BenchCertificates } from './certificates.ts';
import { FakeSocket } from './fake-socket.ts';

const REQUEST = Buffer.from(
  `GET /1k HTTP/1.1\r\nHost: ${EDGE_NAME}\r\nUser-Agent: sallyport-bench\r\nAccept: */*\r\n\r\n`,
);

/** As nginx answers for the upstream of the bench. */
const answerOf = (bytes: number): Buffer =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Fri, 27 Nov 2026 12:00:00 GMT\r\n` +
      `Content-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\nConnection: keep-alive\r\n\r\n` +
      'x'.repeat(bytes),
  );

export interface Engine {
  /** One request on every connection, answered in full. */
  turn(): Promise<void>;
  /** Of both sides so far. */
  readonly writes: number;
}

export interface EngineOptions {
  readonly connections: number;
  readonly answerBytes: number;
  /** Where traces go, and the share that is recorded; undefined: nothing is traced. */
  readonly traces?: { readonly collector: string; readonly ratio: number } | undefined;
}

/** The log goes to /dev/null. */
export async function createEngine(
  certificates: BenchCertificates,
  { connections, answerBytes, traces }: EngineOptions,
): Promise<Engine> {
  const answer = answerOf(answerBytes);
  const apps: FakeSocket[] = [];
  const asked: FakeSocket[] = [];
  const dial: Connect = (connected) => {
    const socket: FakeSocket = new FakeSocket(() => asked.push(socket));
    apps.push(socket);
    queueMicrotask(() => connected(null, socket as unknown as Socket));
  };
  const result = parseConfigObject({
    certificates: [{ cert: certificates.edge.certFile, key: certificates.edge.keyFile }],
    downstream_mtls: { ca_file: certificates.clientCaFile },
    upstream_client: 'raw',
    routes: [{ from: `https://${EDGE_NAME}`, to: 'http://127.0.0.1:9' }],
    ...(traces && {
      otel_traces_exporter: 'otlp',
      otel_exporter_otlp_endpoint: traces.collector,
      otel_traces_sampler_arg: traces.ratio,
    }),
  });
  if (!result.ok) throw new Error(result.problems[0]?.text);
  const made = await build(result.config, {
    now: Date.now(),
    previous: undefined,
    registry: {
      acquire: ({ target, maxConnections }) =>
        new RawPool({
          target,
          maxConnections,
          pipelining: 1,
          maxWaiting: 1024,
          maxHeaderBytes: 65_536,
          keepAliveMs: 4000,
          maxKeepAliveMs: 55_000,
          connect: dial,
        }),
      health: ({ target }) => new EndpointHealth(target.name, () => {}),
      discovery: () => {
        throw new Error('the app has no name');
      },
      forget: () => {},
      connector: () => dial,
    },
  });
  if (made.build === undefined) throw new Error(made.issues[0]?.message);
  const { build: inForce } = made;
  const { served, edge, settings } = inForce;
  const log = createObserver(createLogger({ format: 'json', destination: '/dev/null' }), settings);
  const tracing = await startTracing(() => inForce, log, systemClock);
  const { observer, tracer } = tracing ?? { observer: log, tracer: undefined };
  const pipeline = new Pipeline({ served: () => served, observer, clock: systemClock, tracer });
  const verdict = verdictOn(certificates.client.certFile);
  const clients: FakeSocket[] = [];
  const seen = { answers: 0 };
  for (let id = 1; id <= connections; id++) {
    const socket: FakeSocket = new FakeSocket(() => seen.answers++);
    clients.push(socket);
    void new H1Connection(socket, {
      connection: clientConnection(id, verdict, edge.tls.defaultGroup),
      service: pipeline,
      settings: edge.http,
      deadlines: new Deadlines(),
      reset: () => {},
      onClose: () => {},
    });
  }
  return {
    async turn() {
      seen.answers = 0;
      for (const client of clients) client.push(REQUEST);
      while (seen.answers < connections) {
        await new Promise(setImmediate);
        for (const app of asked.splice(0)) app.push(answer);
      }
    },
    get writes() {
      return [...clients, ...apps].reduce((sum, { writes }) => sum + writes, 0);
    },
  };
}

function verdictOn(certFile: string): Verdict {
  const [block] = parsePem(readFileSync(certFile, 'utf8'));
  if (block === undefined) throw new Error(`no certificate in ${certFile}`);
  return {
    ok: true,
    identity: { leaf: parseCertificate(block.der), chain: [] },
    until: Infinity,
    trustVersion: 1,
  };
}

const clientConnection = (id: number, verdict: Verdict, group: string): Connection => ({
  id,
  remoteAddress: '127.0.0.1',
  remotePort: 40_000 + id,
  localAddress: '127.0.0.1',
  localPort: 443,
  sni: EDGE_NAME,
  alpn: 'http/1.1',
  group,
  demandsCertificate: true,
  tlsVersion: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  isResumed: false,
  handshakeMs: 1,
  verdict: () => verdict,
});
