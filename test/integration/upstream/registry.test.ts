// Pools across routes and reloads: shared while they prove the same, never when they do not.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import { type UpstreamSettings, compileUpstream } from '../../../src/upstream/compile-upstream.ts';
import { UpstreamRegistry } from '../../../src/upstream/registry.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { systemDns } from '../../support/system-dns.ts';
import { answerEach, startRawUpstream } from '../../support/raw-upstream.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood';
const pki = await makeTestPki();
const DEMANDING = {
  cert: pki.app.certPem,
  key: pki.app.keyPem,
  ca: pki.upstreamCa.certPem,
  requestCert: true,
};
const OURS = { cert: pki.upstreamClient.certPem, key: pki.upstreamClient.keyPem };

function openRegistry(t: Test): UpstreamRegistry {
  const registry = new UpstreamRegistry();
  t.teardown(() => registry.close(0));
  return registry;
}

function settingsFor(url: string): UpstreamSettings {
  return {
    name: 'app',
    to: [{ url, weight: 1 }],
    connect_timeout: 2000,
    timeout: 2000,
    idle_timeout: 2000,
    max_upstream_connections: 4,
    dns: systemDns,
    identity: OURS,
    trust: { pem: pki.serverCa.certPem, mode: 'replace' },
  };
}

function compiled(settings: UpstreamSettings, registry: UpstreamRegistry): Upstream {
  const upstream = compileUpstream(settings, registry);
  if (!(upstream instanceof Upstream)) throw new Error(upstream[0]?.message);
  return upstream;
}

const compile = (registry: UpstreamRegistry, url: string, some: Partial<UpstreamSettings> = {}): Upstream =>
  compiled({ ...settingsFor(url), ...some }, registry);

async function ask(upstream: Upstream, head = outgoing()): Promise<AttemptRecorder> {
  const endpoint = upstream.pick();
  if (endpoint === undefined) throw new Error('no endpoint');
  const sink = await new AttemptRecorder().opens(endpoint, head).ended;
  // undici gives a connection back to its pool one turn of the loop after the response.
  await setImmediate();
  return sink;
}

t.test('routes that ask for the same connections share them, before and after a reload', async (t) => {
  const app = await startRawUpstream(t, answerEach(GOOD), DEMANDING);
  const registry = openRegistry(t);
  const routes = [1, 2, 3].map((timeout) =>
    compile(registry, app.url, { name: `${timeout}`, timeout: timeout * 1000 }),
  );
  t.equal(registry.stats().size, 0, 'compiling makes none');
  for (const route of routes) t.equal((await ask(route)).body, 'good');
  t.equal((await ask(compile(registry, app.url))).body, 'good', 'compiled anew');
  t.equal(app.sockets.length, 1);
  t.strictSame([...registry.stats()], [[app.url, { open: 1, inFlight: 0, waiting: 0 }]]);
});

t.test('another identity, CA, name, pin or limit is another connection', async (t) => {
  const app = await startRawUpstream(t, answerEach(GOOD), DEMANDING);
  const registry = openRegistry(t);
  const other = await pki.issueClient({}, pki.upstreamCa);
  await ask(compile(registry, app.url));
  const changes: Partial<UpstreamSettings>[] = [
    { identity: { cert: other.certPem, key: other.keyPem } },
    { trust: { pem: pki.serverCa.certPem, mode: 'add' } },
    { trust: { pem: `${pki.serverCa.certPem}\n${pki.clientCa.certPem}`, mode: 'replace' } },
    { tls_upstream_server_name: 'app.internal' },
    { tls_upstream_san: ['app.internal'] },
    { max_upstream_connections: 5 },
    { connect_timeout: 2001 },
  ];
  for (const [index, change] of changes.entries()) {
    t.equal((await ask(compile(registry, app.url, change))).body, 'good', Object.keys(change).join());
    t.equal(app.sockets.length, index + 2);
  }
});

t.test('a route without an identity does not ride on the connection of one that has it', async (t) => {
  const app = await startRawUpstream(t, answerEach(GOOD), { ...DEMANDING, rejectUnauthorized: false });
  const registry = openRegistry(t);
  await ask(compile(registry, app.url));
  const { identity: _, ...nobody } = settingsFor(app.url);
  t.equal((await ask(compiled(nobody, registry))).body, 'good');
  t.strictSame(
    (app.sockets as tls.TLSSocket[]).map(({ authorized }) => authorized),
    [true, false],
  );
});

t.test('an identity whose key is unusable fails the request and not the process', async (t) => {
  const app = await startRawUpstream(t, answerEach(GOOD), DEMANDING);
  const registry = openRegistry(t);
  const identity = { cert: OURS.cert, key: pki.app.keyPem };
  t.strictSame((await ask(compile(registry, app.url, { identity }))).events, ['error upstream_tls none']);
});

t.test(
  'an app is trusted by the CAs of the system unless told otherwise, and ours is none of them',
  async (t) => {
    const app = await startRawUpstream(t, answerEach(GOOD), DEMANDING);
    const registry = openRegistry(t);
    const foreign = { pem: pki.clientCa.certPem, mode: 'add' } as const;
    t.strictSame((await ask(compile(registry, app.url, { trust: foreign }))).events, [
      'error upstream_tls none',
    ]);
  },
);

t.test('what is idle for a minute is closed, and made again when asked for', async (t) => {
  const app = await startRawUpstream(t, answerEach(GOOD), DEMANDING);
  const registry = openRegistry(t);
  const upstream = compile(registry, app.url);
  await ask(upstream);
  registry.sweep(performance.now() + 59_000);
  t.equal(registry.stats().size, 1);
  const [socket] = app.sockets;
  if (socket === undefined) throw new Error('no connection');
  const closed = once(socket, 'close');
  registry.sweep(performance.now() + 61_000);
  t.equal(registry.stats().size, 0);
  await closed;
  t.equal((await ask(upstream)).body, 'good', 'by the endpoint that had the closed one');
  t.equal(registry.stats().size, 1);
});

t.test('closing lets what is in flight end, refuses what is new, and cuts at the deadline', async (t) => {
  const answers: (() => void)[] = [];
  const app = await startRawUpstream(
    t,
    (socket) => socket.on('data', () => answers.push(() => socket.write(GOOD))),
    DEMANDING,
  );
  for (const isAnswered of [true, false]) {
    const registry = openRegistry(t);
    const upstream = compile(registry, app.url);
    const [endpoint] = upstream.endpoints;
    if (endpoint === undefined) throw new Error('no endpoint');
    const sink = new AttemptRecorder().opens(endpoint, outgoing({ isFresh: !isAnswered }));
    while (answers.length === 0) await setImmediate();
    const closed = registry.close(isAnswered ? 10_000 : 20);
    t.strictSame((await ask(upstream)).events, ['error upstream_unavailable none']);
    for (const answer of answers.splice(0)) if (isAnswered) answer();
    await sink.ended;
    t.strictSame(sink.events, isAnswered ? ['head 200', 'end'] : ['error upstream_unavailable all']);
    await closed;
  }
});

t.test('an app on a unix socket proves its name too', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'app.sock');
  const server = tls.createServer({ ...DEMANDING }, answerEach(GOOD)).listen(file);
  t.teardown(() => server.close());
  await once(server, 'listening');
  const registry = openRegistry(t);
  const url = `https+unix://${file}`;
  t.equal((await ask(compile(registry, url, { tls_upstream_server_name: 'app.internal' }))).body, 'good');
  const wrong = compile(registry, url, { tls_upstream_server_name: 'other.internal' });
  t.strictSame((await ask(wrong)).events, ['error upstream_tls none']);
  await registry.close(0);
});
