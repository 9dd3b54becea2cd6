// Hosts whose TLS does not end at the proxy: told apart by server name, ended by an app of its own, with its own
// certificates on both sides.
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentObserver, type PassthroughRecord } from '../../../src/core/observer.ts';
import { createProxy } from '../../../src/app/proxy.ts';
import { parseProxyHeader } from '../../../src/edge/proxy-header.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';
import { DB, dbCa, startDatabase } from '../../support/database.ts';
import { certificateFile, explanationOf } from '../../support/explain.ts';
import { baseConfig } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const WEB = 'app.sallyport.localhost';
const pki = await makeTestPki();

const PUBLIC = { allow_public_unauthenticated_access: true };
type Routes = ConfigInput['routes'];

async function setUp(t: Test, routes: Routes, more: Partial<ConfigInput> = {}, clock = systemClock) {
  const records: PassthroughRecord[] = [];
  const revocations: unknown[] = [];
  const web = { from: `https://${WEB}`, response: { body: 'web' } };
  const config = { ...baseConfig(pki), routes: [web, ...routes], ...more };
  const proxy = createProxy(config, {
    watch: false,
    clock,
    observer: {
      ...silentObserver,
      passthrough: (record) => records.push(record),
      revocation: (record) => revocations.push(record),
    },
  });
  t.teardown(() => proxy.close());
  const [address] = await proxy.start();
  if (address === undefined || !('port' in address)) throw new Error('no port');
  const { port } = address;
  const open = (servername = DB) => {
    const socket = connect({ ...clientOptions(pki, port), servername, ca: dbCa.certPem });
    t.teardown(() => socket.destroy());
    return socket;
  };
  return { proxy, port, config, web, records, revocations, open };
}

t.test('the app ends TLS, with certificates of its own; the proxy counts bytes', async (t) => {
  const db = await startDatabase(t);
  const { port, open, records } = await setUp(t, [{ from: `tls://${DB}`, to: db.to, ...PUBLIC }]);
  const socket = open();
  await once(socket, 'secureConnect');
  t.equal(socket.getPeerCertificate().subject.CN, 'db', 'not the certificate of the edge');
  const sent = Buffer.alloc(3_000_000, 'abc');
  socket.end(sent);
  t.ok((await buffer(socket)).equals(sent), 'all of it comes back after the client has ended');
  t.strictSame(db.seen, [{ header: Buffer.alloc(0), client: 'Alice Example' }]);
  const record = await until(() => records[0]);
  t.match(record, { route: `tls://${DB}`, endpoint: db.to, sni: DB, attempts: 1, error: undefined });
  t.ok(record.bytesIn > sent.length && record.bytesOut > sent.length);
  t.match(await call(clientOptions(pki, port)), { status: 200, body: 'web' }, 'the other host ends here');
  t.match(await call(clientOptions(pki, port), { host: DB }), { status: 404 }, 'and has nothing of this one');
});

const policy = (block: string) => ({
  allow: { and: [{ source_ip: block }] },
  deny: { or: [{ date: { before: '2000-01-01' } }] },
});

t.test('policy by address and time; an alert for whoever is refused', async (t) => {
  const db = await startDatabase(t);
  const from = `tls://${DB}`;
  const inside = await setUp(t, [{ from, to: db.to, policy: policy('127.0.0.0/8') }]);
  await once(inside.open(), 'secureConnect');
  const outside = await setUp(t, [{ from, to: db.to, policy: policy('10.0.0.0/8') }]);
  const [error] = (await once(outside.open(), 'error')) as [Error];
  t.match(error.message, /access.denied/i);
  t.match(outside.records, [{ error: 'denied', reason: 'no_allow_rule', endpoint: undefined }]);
});

t.test('a target that does not answer is passed over; none at all is an alert', async (t) => {
  const db = await startDatabase(t);
  const gone = await startDatabase(t);
  gone.server.close();
  await once(gone.server, 'close');
  const from = `tls://${DB}`;
  const some = await setUp(t, [{ from, to: [gone.to, db.to], ...PUBLIC }]);
  for (let count = 0; count < 3; count++) {
    const socket = some.open();
    await once(socket, 'secureConnect');
    socket.destroy();
  }
  await until(() => some.records.length === 3);
  t.ok(some.records.every(({ endpoint }) => endpoint === db.to));
  t.ok(some.records.some(({ attempts }) => attempts === 2));
  const none = await setUp(t, [{ from, to: gone.to, ...PUBLIC }]);
  const [error] = (await once(none.open(), 'error')) as [Error];
  t.match(error.message, /internal.error/i);
  t.match(none.records, [{ error: 'upstream_unreachable', reason: /ECONNREFUSED/ }]);
});

t.test('the target may be told who the client is', async (t) => {
  for (const version of ['v1', 'v2'] as const) {
    const db = await startDatabase(t, { hasHeader: true });
    const { port, open } = await setUp(t, [
      { from: `tls://${DB}`, to: db.to, proxy_protocol: version, ...PUBLIC },
    ]);
    const socket = open();
    await once(socket, 'secureConnect');
    const { localPort } = socket;
    const { header } = await until(() => db.seen[0]);
    t.match(parseProxyHeader(header), {
      length: header.length,
      addresses: {
        sourceAddress: '127.0.0.1',
        sourcePort: localPort,
        destinationAddress: '127.0.0.1',
        destinationPort: port,
      },
    });
    t.equal(header.includes(DB), version === 'v2', 'version 2 tells the server name');
  }
});

t.test('the more exact host wins, whether TLS ends there or not', async (t) => {
  const db = await startDatabase(t);
  const { open, port } = await setUp(t, [
    { from: 'tls://*.sallyport.localhost', to: db.to, ...PUBLIC },
    { from: 'https://*.deep.sallyport.localhost', response: { body: 'deep' } },
  ]);
  await once(open(), 'secureConnect');
  t.match(await call(clientOptions(pki, port)), { body: 'web' });
  const servername = 'a.deep.sallyport.localhost';
  const options = { ...clientOptions(pki, port), servername, checkServerIdentity: () => undefined };
  t.match(await call(options), { body: 'deep' });
});

t.test(
  'a reload that takes the route away, or the right to it, cuts; one that does not leaves it',
  async (t) => {
    const db = await startDatabase(t);
    const route = { from: `tls://${DB}`, to: db.to, ...PUBLIC };
    const { proxy, config, web, open, records, revocations } = await setUp(t, [route]);
    const socket = open();
    socket.on('error', () => {});
    await once(socket, 'secureConnect');
    await proxy.reload('call', { ...config, routes: [web, { ...route, name: 'database' }] });
    socket.write('x');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    const { from, to } = route;
    await proxy.reload('call', {
      ...config,
      routes: [web, { from, to, policy: { allow: { and: [{ source_ip: '10.0.0.0/8' }] } } }],
    });
    await closed;
    t.match(revocations, [{ cause: 'policy', reason: 'no_allow_rule', state: 'tunnel' }]);
    t.match(await until(() => records[0]), { error: 'revoked' });
  },
);

t.test('a policy whose time is over cuts', async (t) => {
  const db = await startDatabase(t);
  let now = Date.now();
  const date = { before: new Date(now + 60_000).toISOString().replace(/\.\d+/, '') };
  const route = { from: `tls://${DB}`, to: db.to, policy: { allow: { and: [{ date }] } } };
  const { open, revocations, records } = await setUp(t, [route], {}, { now: () => now });
  const socket = open();
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  const gone = once(socket, 'close');
  now += 61_000;
  await gone;
  t.match(revocations, [{ reason: 'no_allow_rule', state: 'tunnel' }]);
  t.match(await until(() => records[0]), { error: 'revoked' });
});

t.test('one that rests too long, or that a side leaves, is closed on both', async (t) => {
  const db = await startDatabase(t);
  const { open, records } = await setUp(t, [
    { from: `tls://${DB}`, to: db.to, idle_timeout: '200ms', ...PUBLIC },
  ]);
  const socket = open();
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  await once(socket, 'close');
  t.match(await until(() => records[0]), { error: 'idle_timeout' });
  const other = open();
  await once(other, 'secureConnect');
  other.destroy();
  t.match(await until(() => records[1]), { error: undefined }, 'the end is passed on, and comes back');
});

t.test('what cannot be is said when it is loaded', async (t) => {
  const to = 'tcp://127.0.0.1:1';
  const from = `tls://${DB}`;
  const wrong: [Routes, RegExp][] = [
    [[{ from, to }], /a certificate is not seen where TLS passes through/],
    [
      [{ from, to, policy: { allow: { and: [{ subject: { cn: 'x' } }] } } }],
      /subject \(policy\.allow\.and\[0\]\) cannot be known/,
    ],
    [[{ from, to, policy: { allow: { and: [{ http_method: 'GET' }] } } }], /http_method .* cannot be known/],
    [[{ from, to: 'https://127.0.0.1:1', ...PUBLIC }], /where TLS passes through it goes to tcp:/],
    [[{ from, to: 'tcp://127.0.0.1', ...PUBLIC }], /write tcp:\/\/host:port/],
    [[{ from: `https://${DB}`, to }], /tcp:\/\/ goes with a route from tls:\/\//],
    [[{ from: `https://${DB}`, to: 'https://a.test', proxy_protocol: 'v2' }], /goes with a route from tls/],
    [[{ from, to, prefix: '/x', ...PUBLIC }], /no request is seen/],
    [[{ from: `${from}/x`, to, ...PUBLIC }], /has a path, which is not seen/],
    [[{ from: `tls://${WEB}`, to, ...PUBLIC }], /TLS ends here, or it passes through/],
    [
      [
        { from, to, ...PUBLIC },
        { from, to, ...PUBLIC },
      ],
      /TLS ends here, or it passes through to one place/,
    ],
  ];
  for (const [routes, message] of wrong) await t.rejects(setUp(t, routes), { message }, String(message));
});

t.test('explain knows of it', async (t) => {
  const { config } = await setUp(t, [
    {
      from: `tls://${DB}`,
      to: 'tcp://127.0.0.1:1',
      policy: { allow: { and: [{ source_ip: '10.0.0.0/8' }] } },
    },
  ]);
  const url = `https://${DB}/`;
  const certificate = certificateFile(pki.client);
  t.match(await explanationOf(config, { url, certificate, ip: '10.1.1.1' }), {
    admitted: true,
    answer: { kind: 'passthrough', upstream: ['tcp://127.0.0.1:1'] },
    policy: { blocks: [{ holds: true }] },
    verdict: null,
  });
  t.match(await explanationOf(config, { url, certificate }), {
    admitted: false,
    answer: { kind: 'closed', reason: 'no_allow_rule' },
  });
});
