// Who gets a tunnel and where to: policy, TLS groups, what takes access back; and nobody anywhere that no route names.
import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { parseAnswers } from '../../support/answers.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, type clientOptions, openClient, sendRaw } from '../../support/client.ts';
import { certificateFile, explanationOf } from '../../support/explain.ts';
import { h2AnswerOf, openH2 } from '../../support/h2-client.ts';
import { baseConfig } from '../../support/proxy.ts';
import {
  DB,
  DB_HOST,
  FROM_DB,
  VERSIONS,
  connectHead,
  startRawApp,
  startTunnelProxy,
} from '../../support/tunnel.ts';

const WEB = 'app.sallyport.localhost';
const pki = await makeTestPki();

/** A proxy with one route for CONNECT, and what it says to clients in one way or another. */
async function setUp(
  t: Test,
  more: Partial<ConfigInput['routes'][number]> = {},
  config: Partial<ConfigInput> = {},
) {
  const app = await startRawApp(t);
  const running = await startTunnelProxy(t, { to: app.to, ...more }, config);
  const asked = async (bytes: string, options = running.options) => {
    const [answer] = parseAnswers(await sendRaw(options, bytes));
    if (answer === undefined) throw new Error(`no answer to ${bytes}`);
    return answer;
  };
  const askedInH2 = async (authority: string, fields: Record<string, string> = {}) => {
    const session = await openH2(t, running.options);
    const head = { ':method': 'CONNECT', ':authority': authority, ...fields };
    return await h2AnswerOf(session.request(head, { endStream: false }));
  };
  return { ...running, app, asked, askedInH2 };
}

t.test('nobody is led anywhere that no route names', async (t) => {
  const { app, asked, askedInH2, exchange, options } = await setUp(t);
  const targets: [string, number][] = [
    ['169.254.169.254:80', 405],
    ['localhost:22', 405],
    [`127.0.0.1:${app.port}`, 405],
    [`localhost:${app.port}`, 405],
    [`[::1]:${app.port}`, 405],
    [`[::ffff:127.0.0.1]:${app.port}`, 405],
    [`2130706433:${app.port}`, 400],
    [`${DB_HOST}:5433`, 405],
    [`${DB_HOST}:443`, 405],
    [`${WEB}:5432`, 405],
    [`x.${DB}`, 405],
    [`${DB_HOST.toUpperCase()}.:22`, 405],
    [`${DB_HOST}:0`, 405],
    [`${DB_HOST}:65536`, 400],
    [`${DB_HOST}:99999999999`, 400],
    [`${DB_HOST}:+5432`, 400],
    [`${DB_HOST}:`, 400],
    [DB_HOST, 400],
    [`root@${DB}`, 400],
    [`${DB}@${DB}`, 400],
    [`${DB}/`, 400],
    [`https://${DB}`, 400],
    [`${DB},${DB}`, 400],
    ['/', 400],
    ['*', 400],
  ];
  for (const [target, status] of targets) {
    t.equal((await asked(`${connectHead(target)}SSH-2.0`)).status, status, target);
    t.equal((await asked(`CONNECT ${target} HTTP/1.0\r\n\r\n`)).status, status, `${target} in HTTP/1.0`);
  }
  for (const [authority, status] of targets.filter(([target]) => !/[*/@]/.test(target)))
    t.equal((await askedInH2(authority)).status, status, `${authority} in HTTP/2`);
  const { headers } = await asked(connectHead('localhost:22'));
  t.notMatch(headers['allow'], /CONNECT/);
  t.match(await exchange(0), { method: 'CONNECT', host: '169.254.169.254', path: ':80', route: undefined });
  t.equal(app.connections(), 0, 'the app saw nothing');
  t.match(await call({ ...options, servername: WEB }), { status: 200 }, 'and the proxy lives');
});

t.test('one spelling of the host and the right port', async (t) => {
  const { app, options } = await setUp(t);
  for (const target of [DB, DB.toUpperCase(), `${DB_HOST}.:5432`, `${DB_HOST}:05432`]) {
    const socket = await openRaw(t, options, target);
    t.match(socket, /^HTTP\/1\.1 200 OK\r\n/, target);
  }
  t.match(
    await openRaw(t, options, DB, `CONNECT ${DB} HTTP/1.0\r\n\r\n`),
    /^HTTP\/1\.1 200 OK\r\n/,
    'as nc asks',
  );
  t.equal(app.connections(), 5);
});

t.test('a malformed CONNECT is refused before anybody is asked', async (t) => {
  const { app, asked, askedInH2 } = await setUp(t);
  const heads: [string, RegExp][] = [
    [`CONNECT ${DB} HTTP/1.1\r\nHost: ${WEB}:5432\r\n\r\n`, /bad_host/],
    [`CONNECT ${DB} HTTP/1.1\r\nHost: ${DB_HOST}\r\n\r\n`, /bad_host/],
    [`CONNECT ${DB} HTTP/1.1\r\n\r\n`, /bad_host/],
    [`CONNECT ${DB} HTTP/1.1\r\nHost: ${DB}\r\nHost: ${DB}\r\n\r\n`, /bad_host/],
    [`CONNECT ${DB} HTTP/1.1\r\nHost: ${DB}\r\nContent-Length: 0\r\n\r\n`, /bad_framing/],
    [`CONNECT ${DB} HTTP/1.1\r\nHost: ${DB}\r\nContent-Length: 5\r\n\r\nhello`, /bad_framing/],
    [`CONNECT ${DB} HTTP/1.1\r\nHost: ${DB}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, /bad_framing/],
  ];
  for (const [head, code] of heads) t.match(await asked(head), { status: 400, body: code }, head);
  t.match(await askedInH2(DB, { 'content-length': '0' }), { status: 400, body: /bad_framing/ });
  t.match(await askedInH2(DB, { host: WEB }), { status: 400, body: /bad_host/ });
  t.equal(app.connections(), 0);
});

t.test('its host takes nothing else, and no other host takes its route', async (t) => {
  const { options, app } = await setUp(t, { from: 'tcp+https://*.sallyport.localhost:5432' });
  for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE'])
    t.match(await call({ ...options, servername: DB_HOST }, { method }), { status: 404 }, method);
  t.match(await call({ ...options, servername: WEB }), { status: 200 }, 'nor what https:// routes take');
  t.match(await call({ ...options, servername: WEB }, { host: DB }), { status: 404 });
  t.equal(app.connections(), 0);
});

for (const version of VERSIONS)
  t.test(`${version}: whoever shows no certificate, or may not pass, is told so`, async (t) => {
    const policy = { allow: { and: [{ client_certificate: { san_email: { is: 'bob@example.com' } } }] } };
    const { app, options, open, exchange } = await setUp(t, { policy });
    await t.rejects(open(version), /403/);
    t.match(await exchange(0), { error: 'denied', route: `${DB_HOST} port:5432`, status: 403 });
    const { cert: _, key: __, ...stranger } = options;
    const [known] = parseAnswers(await sendRaw(stranger, connectHead(DB)));
    const [unknown] = parseAnswers(await sendRaw(stranger, connectHead('localhost:22')));
    t.match([known, unknown], [{ status: 403 }, { status: 403 }]);
    t.equal(anonymous(known?.body), anonymous(unknown?.body), 'the same wherever it leads');
    t.equal(app.connections(), 0);
  });

t.test('http_method is a criterion of it', async (t) => {
  const some = await setUp(t, { policy: { allow: { and: [{ http_method: { is: 'CONNECT' } }] } } });
  (await some.open()).destroy();
  const none = await setUp(t, { policy: { allow: { and: [{ http_method: { is: 'GET' } }] } } });
  await t.rejects(none.open(), /403/);
  t.equal(none.app.connections(), 0);
});

t.test('a host of another TLS group is 421', async (t) => {
  const host = 'other.sallyport.localhost';
  const hosts = [{ host, downstream_mtls: { client_certificate: 'request' as const } }];
  const policy = { allow: { and: [{ accept: true }] } };
  const { asked, app, options } = await setUp(t, { from: `tcp+https://${host}:5432`, policy }, { hosts });
  t.match(await asked(connectHead(`${host}:5432`)), { status: 421 });
  t.equal(app.connections(), 0);
  t.match(await openRaw(t, { ...options, servername: host }, `${host}:5432`), /^HTTP\/1\.1 200/);
  t.equal(app.connections(), 1);
});

t.test('rate limits and maintenance hold', async (t) => {
  const limited = await setUp(t, { rate_limits: [{ requests: 1, per: '1h' }] });
  (await limited.open()).destroy();
  await t.rejects(limited.open(), /429/);
  const maintained = await setUp(t, { maintenance: true });
  await t.rejects(maintained.open('HTTP/2'), /503/);
  t.strictSame([limited.app.connections(), maintained.app.connections()], [1, 0]);
});

for (const version of VERSIONS)
  t.test(
    `${version}: a reload that takes the route or the right to it away cuts; another does not`,
    async (t) => {
      const { app, proxy, config, open, heard, exchange } = await setUp(t);
      const [route, web] = config.routes as [ConfigInput['routes'][number], ConfigInput['routes'][number]];
      const client = await open(version);
      const server = await app.socket();
      await proxy.reload('call', { ...config, routes: [{ ...route, name: 'database' }, web] });
      server.write('x');
      await once(client, 'data');
      const cut = once(client, 'error');
      const broken = once(server, 'error');
      server.resume();
      await proxy.reload('call', { ...config, routes: [web] });
      await Promise.all([cut, broken]);
      t.match(heard.revocations, [{ cause: 'policy', reason: 'no_route', state: 'tunnel' }]);
      t.match(await exchange(0), { status: 200, error: 'revoked' });
    },
  );

t.test('a certificate that is denied from now on loses its tunnel', async (t) => {
  const { app, proxy, config, open, heard } = await setUp(t);
  const client = await open();
  const server = await app.socket();
  const cut = once(client, 'error');
  const broken = once(server, 'error');
  client.resume();
  server.resume();
  const denied = { ...config.downstream_mtls, deny: [{ san_email: 'alice@example.com' }] };
  await proxy.reload('call', { ...config, downstream_mtls: denied });
  await Promise.all([cut, broken]);
  t.match(heard.revocations, [{ cause: 'certificate', state: 'tunnel' }]);
});

t.test('explain tells where it leads, and why not', async (t) => {
  const { proxy: _, config } = await setUp(t);
  const certificate = certificateFile(pki.client);
  const [route] = config.routes;
  const admitted = await explanationOf(config, { url: FROM_DB, method: 'GET', certificate });
  t.match(admitted, {
    admitted: true,
    answer: { kind: 'tunnel', upstream: [(route as { to: string }).to] },
    request: { method: 'CONNECT', url: FROM_DB },
    routes: [{ standing: 'taken', id: `${DB_HOST} port:5432` }],
    forwarded: null,
  });
  const other = await explanationOf(config, { url: `tcp+https://${DB_HOST}:22`, certificate });
  t.match(other, { admitted: false, answer: { status: 405 }, routes: [{ standing: 'other_port' }] });
  const web = await explanationOf(config, { url: `https://${DB_HOST}/`, certificate });
  t.match(web, { admitted: false, answer: { code: 'unknown_host' }, routes: [] });
});

t.test('what cannot be is said when it is loaded', async (t) => {
  const to = 'tcp://127.0.0.1:1';
  const path = { allow: { and: [{ http_path: { starts_with: '/' } }] } };
  const cases: [ConfigInput['routes'], RegExp, Partial<ConfigInput>?][] = [
    [
      [{ from: `tcp+https://${DB_HOST}`, to }],
      /has no port: write tcp\+https:\/\/db.sallyport.localhost:port/,
    ],
    [[{ from: `${FROM_DB}/x`, to }], /has a path, and CONNECT has none/],
    [[{ from: FROM_DB, to: 'https://a.test' }], /a tunnel leads to tcp:\/\/host:port/],
    [[{ from: FROM_DB, to: 'tcp://a.test' }], /write tcp:\/\/host:port or tls:\/\/host:port/],
    [[{ from: `https://${DB_HOST}`, to: 'tls://a.test:1' }], /tls:\/\/ with one from tcp\+https/],
    [[{ from: FROM_DB, to, prefix: '/x' }], /prefix: goes with https:\/\//],
    [[{ from: FROM_DB, to, allow_websockets: true }], /goes with https:\/\//],
    [[{ from: FROM_DB, to, idle_timeout: '1m' }], /write websocket_idle_timeout/],
    [[{ from: FROM_DB, to, tls_upstream_server_name: 'a' }], /goes with tls:\/\/ in to/],
    [
      [{ from: FROM_DB, to, health_checks: [{ http_health_check: { path: '/' } }] }],
      /write tcp_health_check/,
    ],
    [
      [
        { from: FROM_DB, to },
        { from: FROM_DB, to },
      ],
      /takes the same requests as routes\[0\]/,
    ],
    [
      [{ from: FROM_DB, to, policy: path }],
      /http_path \(policy\.allow\.and\[0\]\) cannot be asked of CONNECT/,
    ],
    [[{ from: FROM_DB, to }], /http_path .* cannot be asked of CONNECT/, { policy: path }],
    [[{ from: FROM_DB, response: {} }], /goes with https:\/\//],
  ];
  for (const [routes, message, more] of cases)
    await t.rejects(
      explanationOf({ ...baseConfig(pki), routes, ...more }, { url: FROM_DB }),
      { message },
      String(message),
    );
  const fine = [
    { from: FROM_DB, to: ['tls://a.test:1,2', 'tcp://b.test:2,1'], tls_upstream_server_name: 'a' },
    { from: `tcp+https://${DB_HOST}:22`, to, health_checks: [{ tcp_health_check: {} }] },
    { from: `https://${DB_HOST}`, response: {} },
  ];
  t.match(await explanationOf({ ...baseConfig(pki), routes: fine }, { url: FROM_DB }), { admitted: false });
});

const anonymous = (body = ''): string => body.replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, '');

/** What comes first: the head of the answer. */
async function openRaw(
  t: Test,
  options: ReturnType<typeof clientOptions>,
  target: string,
  head = connectHead(target),
): Promise<string> {
  const client = await openClient(t, options);
  client.write(head);
  const [answer] = (await once(client, 'data')) as [Buffer];
  return answer.toString();
}
