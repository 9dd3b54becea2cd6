// CONNECT to an app that is no HTTP: bytes both ways as they are, for whom policy admits, for as long as it does.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { openClient } from '../../support/client.ts';
import { parseProxyHeader } from '../../../src/edge/proxy-header.ts';
import { makeTestPki } from '../../support/certificates.ts';
import {
  DB,
  DB_HOST,
  VERSIONS,
  connectHead,
  openTunnel,
  readBytes,
  readToEnd,
  startRawApp,
  startTunnelProxy,
} from '../../support/tunnel.ts';
import { startDnsServer } from '../../support/dns-server.ts';
import { openH2 } from '../../support/h2-client.ts';
import { freePort } from '../../support/peer.ts';
import { startRawUpstream } from '../../support/raw-upstream.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
const pki = await makeTestPki();

/** Different in every place, so that nothing can be lost, doubled or swapped unseen. */
const BYTES = Buffer.from(Uint32Array.from({ length: 4 * MIB }, (_, i) => i * 2_654_435_761).buffer);

/** Waits for room, as a program does that reads from a disk. */
async function writeAll(stream: Duplex, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += 100_000)
    if (!stream.write(bytes.subarray(at, at + 100_000))) await once(stream, 'drain');
}

for (const version of VERSIONS) {
  t.test(`${version}: 16 MiB each way at once, byte for byte, and one line in the log`, async (t) => {
    const app = await startRawApp(t);
    const { open, exchange } = await startTunnelProxy(t, { to: app.to });
    const client = await open(version);
    const server = await app.socket();
    const [there, back] = await Promise.all([
      readBytes(server, BYTES.length),
      readBytes(client, BYTES.length),
      writeAll(client, BYTES),
      writeAll(server, BYTES),
    ]);
    t.ok(there.equals(BYTES), 'to the app');
    t.ok(back.equals(BYTES), 'and back');
    client.end();
    server.end();
    client.resume();
    server.resume();
    const record = await exchange(0);
    t.match(record, { method: 'CONNECT', host: DB_HOST, path: ':5432', status: 200, error: undefined });
    t.match(record, { route: `${DB_HOST} port:5432`, endpoint: app.to, attempts: 1, disposition: 'keep' });
    t.match(record, { bytesIn: BYTES.length, bytesOut: BYTES.length });
    t.equal(record.connection.client?.subject, 'CN=Alice Example,O=Example');
  });

  t.test(`${version}: a client that does not read is not flooded, and gets it all later`, async (t) => {
    const app = await startRawApp(t);
    const { open } = await startTunnelProxy(t, { to: app.to });
    const client = await open(version);
    const server = await app.socket();
    let written = 0;
    await until(() => {
      written += MIB;
      return !server.write(BYTES.subarray(0, MIB)) && server.writableLength > 8 * MIB;
    });
    t.ok(client.readableLength < 2 * MIB);
    t.equal((await readBytes(client, written)).length, written);
  });

  t.test(`${version}: each way ends by itself`, async (t) => {
    const app = await startRawApp(t);
    const { open, exchange } = await startTunnelProxy(t, { to: app.to });
    const asking = await open(version);
    asking.end('question');
    const first = await app.socket();
    t.equal(await readToEnd(first), 'question', 'the end of the client reaches the app');
    first.end('answer');
    t.equal(await readToEnd(asking), 'answer', 'which answers all the same');
    const told = await open(version);
    const second = await app.socket(1);
    second.end('greeting');
    t.equal(await readToEnd(told), 'greeting', 'the end of the app reaches the client');
    told.write('still ');
    told.end('here');
    t.equal(await readToEnd(second), 'still here', 'which goes on all the same');
    for (const n of [0, 1])
      t.match(await exchange(n), { status: 200, error: undefined, disposition: 'keep' });
  });

  t.test(`${version}: a client that breaks off is a break to the app, and the other way round`, async (t) => {
    const app = await startRawApp(t);
    const { options, port, open, exchange } = await startTunnelProxy(t, { to: app.to });
    const transport = connect(port, '127.0.0.1');
    const client = await openTunnel(t, { ...options, socket: transport }, version);
    const server = await app.socket();
    const broken = once(server, 'error');
    client.write('half of it');
    await readBytes(server, 10);
    if (version === 'HTTP/1.1') transport.resetAndDestroy();
    else client.destroy(new Error('gone'));
    server.resume();
    t.match(await broken, [{ code: 'ECONNRESET' }], 'what came does not look whole to the app');
    t.match(await exchange(0), { bytesIn: 10 });
    const left = await open(version);
    const other = await app.socket(1);
    const cut = once(left, 'error');
    left.resume();
    other.resetAndDestroy();
    t.match(await cut, [{ code: /ECONNRESET|ERR_HTTP2_STREAM_ERROR/ }], 'nor to the client');
    await exchange(1);
  });

  t.test(`${version}: what a client says too early waits until the app is there`, async (t) => {
    const app = await startRawApp(t);
    const { options } = await startTunnelProxy(t, { to: app.to });
    if (version === 'HTTP/1.1') (await openClient(t, options)).write(`${connectHead(DB)}early`);
    else {
      const session = await openH2(t, options);
      const stream = session.request({ ':method': 'CONNECT', ':authority': DB }, { endStream: false });
      stream.on('error', () => {});
      stream.write('early');
    }
    t.equal((await readBytes(await app.socket(), 5)).toString(), 'early');
  });
}

t.test('an app behind TLS is shown our certificate, and must be who it should be', async (t) => {
  const app = { cert: pki.app.certPem, key: pki.app.keyPem, ca: pki.upstreamCa.certPem };
  const secure = { ...app, requestCert: true, rejectUnauthorized: true, allowHalfOpen: true };
  const server = await startRawApp(t, secure);
  const { open, exchange } = await startTunnelProxy(t, { to: server.to });
  const client = await open();
  client.end('question');
  const socket = (await server.socket()) as TLSSocket;
  t.equal(socket.getPeerCertificate().subject.CN, 'Sallyport');
  t.equal(socket.alpnProtocol, false, 'no protocol is asked for');
  t.equal(await readToEnd(socket), 'question');
  socket.end('answer');
  t.equal(await readToEnd(client), 'answer');
  t.match(await exchange(0), { status: 200, endpoint: server.to });
  const other = await startTunnelProxy(t, { to: server.to, tls_upstream_server_name: 'other.internal' });
  await t.rejects(other.open(), /502/);
  t.match(await other.exchange(0), { status: 502, error: 'upstream_tls', detail: /not for other\.internal/ });
});

t.test('an address that does not answer is passed over; none at all is 502, before any byte', async (t) => {
  const { port } = await startRawUpstream(t, (socket) => socket.resume());
  const alive = `tcp://127.0.0.1:${port}`;
  const [one, other] = [`tcp://127.0.0.1:${await freePort()}`, `tcp://127.0.0.1:${await freePort()}`];
  const some = await startTunnelProxy(t, { to: [one, other, alive] });
  for (let n = 0; n < 4; n++) {
    (await some.open()).destroy();
    t.match(await some.exchange(n), { endpoint: alive, status: 200 });
  }
  t.ok(some.heard.exchanges.some(({ attempts }) => attempts === 3));
  const none = await startTunnelProxy(t, { to: [one, other] });
  await t.rejects(none.open(), /502/);
  t.match(await none.exchange(0), { error: 'upstream_unreachable', attempts: 2, bytesIn: 0 });
});

t.test('each address of a name in DNS is tried, where the route says so', async (t) => {
  const app = await startRawApp(t);
  const dns = await startDnsServer(t);
  dns.addresses.set('db.internal', ['127.0.0.2', '127.0.0.1']);
  const { open, exchange } = await startTunnelProxy(t, {
    to: `tcp://db.internal:${app.port}`,
    dns_type: 'STRICT_DNS',
    dns_resolvers: [dns.resolver],
  });
  for (let n = 0; n < 2; n++) {
    const client = await open();
    client.end('bye');
    const server = await app.socket(n);
    server.resume().end();
    client.resume();
    t.match(await exchange(n), { endpoint: `tcp://db.internal:${app.port} (127.0.0.1)`, error: undefined });
  }
});

t.test('the app may be told who the client is', async (t) => {
  for (const version of ['v1', 'v2'] as const) {
    const app = await startRawApp(t);
    const { open, port } = await startTunnelProxy(t, { to: app.to, proxy_protocol: version });
    const client = await open();
    client.write('hello');
    const server = await app.socket();
    const header = await until(() => {
      const bytes = server.read() as Buffer | null;
      return bytes === null ? undefined : bytes;
    });
    t.match(parseProxyHeader(header), {
      addresses: { sourceAddress: '127.0.0.1', destinationPort: port },
    });
  }
});

t.test('with nothing to pass on for too long it is cut, and it lasts no longer than it may', async (t) => {
  const app = await startRawApp(t);
  const idle = await startTunnelProxy(t, { to: app.to, websocket_idle_timeout: '100ms' });
  const client = await idle.open();
  const cut = once(client, 'error');
  client.resume();
  t.match(await cut, [{ code: 'ECONNRESET' }]);
  t.match(await idle.exchange(0), { status: 200, error: 'tunnel_idle', disposition: 'abort' });
  const brief = await startTunnelProxy(t, { to: app.to, websocket_max_duration: '100ms' });
  const other = await brief.open('HTTP/2');
  const late = once(other, 'error');
  other.resume();
  t.match(await late, [{ code: 'ERR_HTTP2_STREAM_ERROR' }]);
  t.match(await brief.exchange(0), { error: 'tunnel_expired' });
});
