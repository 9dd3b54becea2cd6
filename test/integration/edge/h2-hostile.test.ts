// Clients of HTTP/2 that are taken back, that tunnel, and that want to be a burden.
import { once } from 'node:events';
import { constants, type ClientHttp2Session } from 'node:http2';
import t, { type Test } from 'tap';
import { WebSocketServer } from 'ws';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { clientOptions } from '../../support/client.ts';
import { h2AnswerOf, h2Call, h2Fields, openH2 } from '../../support/h2-client.ts';
import { get, post } from '../../support/h2-cases.ts';
import { FLAG, frame, openPeer, PREFACE, settings, TYPE, uint32 } from '../../support/h2-frames.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();
const bob = await pki.issueClient({ commonName: 'Bob', names: { email: ['bob@example.com'] } });
const asBob = { cert: bob.certPem, key: bob.keyPem };
const BOB_DENIED = {
  downstream_mtls: { ca: pki.clientCa.certPem, deny: [{ san_email: 'bob@example.com' }] },
};

const begin = (_: unknown, response: { write(text: string): unknown }): void => void response.write('begun');
const cancel = (id: number): Buffer => Buffer.concat([post(id), frame(TYPE.rstStream, 0, id, uint32(8))]);
const provoke = (id: number): Buffer => Buffer.concat([post(id), frame(TYPE.windowUpdate, 0, id, uint32(0))]);

async function setUp(t: Test, listener?: Parameters<typeof startApp>[1], more: Partial<ConfigInput> = {}) {
  const app = await startApp(t, listener);
  const websockets = new WebSocketServer({ server: app.server });
  websockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  t.teardown(() => websockets.close());
  const routes = [{ from: `https://${HOST}`, to: app.url, allow_websockets: true }];
  const running = await startProxy(t, { routes, ...more });
  const config = { ...baseConfig(pki), routes, ...more };
  return {
    ...running,
    app,
    connect: (who = {}) => openH2(t, clientOptions(pki, running.port, who)),
    reload: async (change: Partial<ConfigInput>) => {
      t.equal((await running.proxy.reload('call', { ...config, ...change })).result, 'applied');
    },
  };
}

/** A WebSocket over an extended CONNECT (RFC 8441), as raw frames. */
async function openWebsocket(session: ClientHttp2Session) {
  const fields = h2Fields(session, { method: 'CONNECT', path: '/ws' });
  const headers = [...fields.slice(0, 2), ':protocol', 'websocket', ...fields.slice(2)];
  const stream = session.request([...headers, 'sec-websocket-version', '13'], { endStream: false });
  stream.on('error', () => {});
  const [answer] = await once(stream, 'response');
  return { stream, status: answer[':status'] as number, headers: answer };
}

/** A text frame of a client, masked with nothing. */
const textFrame = (text: string): Buffer =>
  Buffer.concat([Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0), Buffer.from(text)]);

t.test('a WebSocket on a stream, beside requests on others', async (t) => {
  const { connect, exchange } = await setUp(t);
  const session = await connect();
  t.equal(session.remoteSettings.enableConnectProtocol, true);
  const { stream, status, headers } = await openWebsocket(session);
  t.equal(status, 200);
  t.equal(headers['sec-websocket-accept'], undefined);
  stream.write(textFrame('hello'));
  const [echo] = await once(stream, 'data');
  t.strictSame(echo, Buffer.concat([Buffer.of(0x81, 5), Buffer.from('hello')]));
  t.equal((await h2Call(session)).status, 200);
  stream.end(Buffer.of(0x88, 0x82, 0, 0, 0, 0, 3, 0xe8));
  await once(stream, 'close');
  t.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
  t.match(await exchange(1), { status: 101, bytesIn: 19 });
});

t.test(
  'a WebSocket of a client that is locked out is closed with 1008, and its connection let go',
  async (t) => {
    const { connect, reload, heard } = await setUp(t);
    const [session, other] = [await connect(asBob), await connect()];
    const { stream } = await openWebsocket(session);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    await reload(BOB_DENIED);
    await once(session, 'close');
    const close = Buffer.concat(chunks);
    t.equal(close[0], 0x88);
    t.equal(close.readUInt16BE(2), 1008);
    t.match(heard.revocations, [{ state: 'tunnel', reason: 'denied_locally', cause: 'certificate' }]);
    t.equal((await h2Call(other)).status, 200, 'nobody else notices');
  },
);

t.test('what is in flight of a client that is locked out may end, and is cut at the deadline', async (t) => {
  const { connect, reload, heard } = await setUp(t, begin, { revocation_deadline: '300ms' });
  const session = await connect(asBob);
  const stream = session.request(h2Fields(session, {}), { endStream: true });
  const answer = h2AnswerOf(stream);
  await once(stream, 'response');
  await reload(BOB_DENIED);
  t.match(heard.revocations, [{ state: 'in_flight' }]);
  t.match(await answer, { status: 200, body: 'begun', isWhole: false });
  t.match(heard.exchanges, [{ error: 'revoked', disposition: 'abort' }]);
});

t.test('a route that policy takes away is ended on its stream, and the others go on', async (t) => {
  const { connect, proxy, app, heard } = await setUp(t, begin, { revocation_deadline: '200ms' });
  const session = await connect();
  const [lost, kept] = ['/lost', '/kept'].map((path) =>
    session.request(h2Fields(session, { path }), { endStream: true }),
  );
  if (lost === undefined || kept === undefined) return;
  const answer = h2AnswerOf(lost);
  const other = h2AnswerOf(kept);
  await Promise.all([once(lost, 'response'), once(kept, 'response')]);
  const policy = [{ allow: { and: [{ http_path: { is: '/kept' } }] } }];
  const routes = [{ from: `https://${HOST}`, to: app.url, policy }];
  const config = { ...baseConfig(pki), routes, revocation_deadline: '200ms' };
  t.equal((await proxy.reload('call', config)).result, 'applied');
  t.match(await answer, { status: 200, isWhole: false });
  t.match(heard.revocations, [{ cause: 'policy', state: 'in_flight' }]);
  t.notOk(kept.closed);
  t.equal((await h2Call(session, { path: '/lost' })).status, 403);
  kept.close();
  await other;
});

t.test('an idle connection of a client that is locked out is let go', async (t) => {
  const { connect, reload, heard } = await setUp(t);
  const session = await connect(asBob);
  t.equal((await h2Call(session)).status, 200);
  await reload(BOB_DENIED);
  if (!session.closed) await once(session, 'close');
  t.match(heard.revocations, [{ state: 'idle' }]);
});

/** Sends until the server has had enough; the others are served meanwhile. */
async function flood(t: Test, bytesOf: (round: number) => Buffer, rounds: number) {
  const { port, heard, connect } = await setUp(t, (request, response) => {
    if (request.url === '/') response.end('ok');
  });
  const other = await connect();
  const before = process.memoryUsage().rss;
  const peer = await openPeer(t, clientOptions(pki, port));
  peer.send(PREFACE, settings());
  for (let round = 0; round < rounds && !peer.isClosed(); round++) {
    peer.send(bytesOf(round));
    if (round % 10 === 0) t.equal((await h2Call(other)).status, 200, 'others are served');
  }
  await until(() => peer.isClosed());
  t.equal((await h2Call(other)).status, 200);
  const grown = (process.memoryUsage().rss - before) / 1024 ** 2;
  t.ok(grown < 200, `${grown.toFixed()} MiB more`);
  return { heard, peer };
}

t.test('rapid reset (CVE-2023-44487)', async (t) => {
  const { heard } = await flood(
    t,
    (round) => Buffer.concat(Array.from({ length: 50 }, (_, index) => cancel((round * 50 + index) * 2 + 1))),
    200,
  );
  t.ok(heard.exchanges.length < 2000, `${heard.exchanges.length} were begun of 10000`);
  t.match(heard.warnings, [{ code: 'http2_flood', detail: /^127\.0\.0\.1 reset too many streams/ }]);
});

t.test('made you reset (CVE-2025-8671)', async (t) => {
  const { heard } = await flood(
    t,
    (round) => Buffer.concat(Array.from({ length: 50 }, (_, index) => provoke((round * 50 + index) * 2 + 1))),
    200,
  );
  t.ok(heard.exchanges.length < 2000, `${heard.exchanges.length} were begun of 10000`);
});

t.test('settings, pings', async (t) => {
  for (const one of [settings([4, 65_535]), frame(TYPE.ping, 0, 0, Buffer.alloc(8))])
    await flood(t, () => Buffer.concat(Array.from({ length: 500 }, () => one)), 200);
});

t.test('CONTINUATION without end (CVE-2024-27983)', async (t) => {
  const head = frame(TYPE.headers, FLAG.endStream, 1, Buffer.alloc(0));
  const more = frame(TYPE.continuation, 0, 1, Buffer.from([0, 1, 0x61, 1, 0x62]));
  await flood(
    t,
    (round) => Buffer.concat([...(round === 0 ? [head] : []), ...Array.from({ length: 500 }, () => more)]),
    200,
  );
});

t.test('a client that opens streams and takes nothing of the answers', async (t) => {
  const big = Buffer.alloc(1024 * 1024);
  const { port, heard, connect } = await setUp(
    t,
    (request, response) => {
      response.end(request.url === '/echo' ? big : 'ok');
    },
    { timeout_idle: '1s' },
  );
  const peer = await openPeer(t, clientOptions(pki, port));
  const before = process.memoryUsage().rss;
  peer.send(PREFACE, settings([4, 0]));
  const ids = Array.from({ length: 100 }, (_, index) => index * 2 + 1);
  peer.send(
    ...ids.map((id) =>
      get(id, [
        [':method', 'GET'],
        [':scheme', 'https'],
        [':authority', HOST],
        [':path', '/echo'],
      ]),
    ),
  );
  const other = await connect();
  for (let i = 0; i < 5; i++) t.equal((await h2Call(other)).status, 200);
  await until(() => heard.exchanges.filter(({ error }) => error === 'client_closed').length >= 100, 20_000);
  const grown = (process.memoryUsage().rss - before) / 1024 ** 2;
  t.ok(grown < 200, `${grown.toFixed()} MiB more for 100 answers of one`);
});
