// Access that is taken back while connections are open: exactly whoever is concerned is shown out, at once, and told how.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { issueCrl } from '../../../src/pki/issue-crl.ts';
import type { Issued } from '../../../src/pki/issue-certificate.ts';
import { startApp } from '../../support/app.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { clientOptions, closed, openClient } from '../../support/client.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const REQUEST = `GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`;
const pki = await makeTestPki();
const bob = await pki.issueClient({ commonName: 'Bob', names: { email: ['bob@example.com'] } });
const BOB_DENIED = { deny: [{ san_email: 'bob@example.com', message: 'Lost.' }] };

/** An app whose answers end when the test says so. */
async function setUp(t: Test, more: Partial<ConfigInput> = {}, clock = { now: () => Date.now() }) {
  const answers: ServerResponse[] = [];
  const app = await startApp(t, (_, response) => {
    response.write('begun');
    answers.push(response);
  });
  const routes: ConfigInput['routes'] = [{ from: `https://${HOST}`, to: app.url, allow_websockets: true }];
  const running = await startProxy(t, { routes, ...more }, { clock });
  const { proxy, port } = running;
  const config = { ...baseConfig(pki), routes, ...more };
  return {
    ...running,
    app,
    answers,
    reload: async (change: Partial<ConfigInput>) => {
      const { result, issues } = await proxy.reload('call', { ...config, ...change });
      t.equal(result, 'applied', JSON.stringify(issues));
    },
    mtls: (restrictions: ConfigInput['downstream_mtls']) => ({
      downstream_mtls: { ca: pki.clientCa.certPem, ...restrictions },
    }),
    connect: (who: Issued = pki.client) =>
      openClient(t, clientOptions(pki, port, { cert: who.certPem, key: who.keyPem })),
  };
}

/** One request and its whole answer, so that the connection is known to be served and idle. */
async function use(socket: TLSSocket, answers: ServerResponse[]): Promise<void> {
  const before = answers.length;
  socket.write(REQUEST);
  (await until(() => answers[before])).end();
  let text = '';
  for await (const [chunk] of on(socket)) {
    text += String(chunk);
    if (text.endsWith('0\r\n\r\n')) return;
  }
}

async function* on(socket: TLSSocket): AsyncGenerator<[Buffer]> {
  for (;;) yield (await once(socket, 'data')) as [Buffer];
}

t.test('an idle connection is closed at once, that of others is not', async (t) => {
  const { reload, mtls, connect, answers, heard } = await setUp(t);
  const [his, hers] = [await connect(bob), await connect()];
  await use(his, answers);
  await use(hers, answers);
  const gone = closed(his);
  his.resume();
  await reload(mtls(BOB_DENIED));
  await gone;
  t.match(heard.revocations, [
    {
      cause: 'certificate',
      reason: 'denied_locally',
      detail: 'by email',
      subject: /CN=Bob/,
      serial: parseCertificate(bob.der).serial,
      state: 'idle',
      sni: HOST,
    },
  ]);
  t.equal(heard.revocations.length, 1);
  await use(hers, answers);
  t.notOk(hers.destroyed);
});

t.test('an answer in flight may end within the deadline, and is the last', async (t) => {
  const { reload, mtls, connect, answers, heard } = await setUp(t);
  const socket = await connect(bob);
  socket.write(REQUEST);
  const [answer] = [await until(() => answers[0])];
  await once(socket, 'data');
  await reload(mtls(BOB_DENIED));
  await until(() => heard.revocations[0]);
  t.match(heard.revocations, [{ state: 'in_flight' }]);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.write(REQUEST);
  answer.end('whole');
  await closed(socket);
  t.match(text, /whole\r\n0\r\n\r\n$/, 'nothing but the rest of the answer');
  t.equal(answers.length, 1, 'the next request reached nobody');
  t.match(heard.exchanges, [{ status: 200, error: undefined }]);
});

t.test('an answer that takes longer is cut at the deadline', async (t) => {
  const { reload, mtls, connect, answers, heard } = await setUp(t, { revocation_deadline: '300ms' });
  const socket = await connect(bob);
  socket.write(REQUEST);
  await until(() => answers[0]);
  await once(socket, 'data');
  const begun = performance.now();
  await reload({ ...mtls(BOB_DENIED), revocation_deadline: '300ms' });
  await closed(socket);
  const took = performance.now() - begun;
  t.ok(took >= 250 && took < 1500, `${took} ms`);
  const record = await until(() => heard.exchanges[0]);
  t.match(record, { status: 200, error: 'revoked', disposition: 'abort' });
});

for (const [title, change] of [
  ['a revocation list', async () => ({ crl: (await listOf(bob)).crlPem })],
  ['no revocation list that is in force', async () => ({ crl: (await listOf(bob, -1)).crlPem })],
  ['another CA', async () => ({ ca: (await makeTestRoot('Another')).certPem })],
  ['a name that is asked for', async () => ({ match_subject_alt_names: [{ dns: 'alice' }] })],
] satisfies [string, () => Promise<ConfigInput['downstream_mtls']>][])
  t.test(`closes on ${title}`, async (t) => {
    const { reload, mtls, connect, answers } = await setUp(t);
    const socket = await connect(bob);
    await use(socket, answers);
    socket.resume();
    const gone = closed(socket);
    await reload(mtls(await change()));
    await gone;
    t.pass('closed');
  });

const listOf = (who: Issued, hours = 24) =>
  issueCrl(pki.clientCa, {
    revoked: hours > 0 ? [{ serial: parseCertificate(who.der).serial }] : [],
    thisUpdate: new Date(Date.now() - 9e7),
    nextUpdate: new Date(Date.now() + hours * 3_600_000),
  });

t.test('a certificate that ends, and a list that does, end their connections in time', async (t) => {
  let now = Date.now();
  const list = await issueCrl(pki.clientCa, { revoked: [], nextUpdate: new Date(now + 120_000) });
  const restrictions = { downstream_mtls: { ca: pki.clientCa.certPem, crl: list.crlPem } };
  const { connect, answers, heard } = await setUp(t, restrictions, { now: () => now });
  const brief = await pki.issueClient({ notAfter: new Date(now + 60_000) });
  const [short, long] = [await connect(brief), await connect()];
  await use(short, answers);
  await use(long, answers);
  const gone = closed(short);
  short.resume();
  now += 61_000;
  await gone;
  t.match(heard.revocations, [{ reason: 'expired', state: 'idle' }]);
  t.notOk(long.destroyed);
  const over = closed(long);
  long.resume();
  now += 60_000;
  await over;
  t.match(heard.revocations, [{}, { reason: 'crl_stale' }]);
});

t.test('a policy whose time is over ends what it granted, once', async (t) => {
  let now = Date.now();
  const date = { before: new Date(now + 60_000).toISOString().replace(/\.\d+/, '') };
  const { connect, answers, heard } = await setUp(
    t,
    { policy: { allow: { and: [{ date }] } }, revocation_deadline: '400ms' },
    { now: () => now },
  );
  const socket = await connect();
  socket.write(REQUEST);
  await until(() => answers[0]);
  await once(socket, 'data');
  now += 61_000;
  await closed(socket);
  t.match(heard.revocations, [{ cause: 'policy', reason: 'no_allow_rule', state: 'in_flight' }]);
  t.equal(heard.revocations.length, 1);
  t.match(await until(() => heard.exchanges[0]), { status: 200, error: 'revoked' });
});

t.test('a route that is there no more ends what is under way on it, and only that', async (t) => {
  const { reload, connect, answers, heard, app } = await setUp(t);
  const other = { from: 'https://other.sallyport.localhost', to: app.url };
  await reload({ routes: [{ from: `https://${HOST}`, to: app.url }, other] });
  const socket = await connect();
  socket.write(REQUEST);
  const answer = await until(() => answers[0]);
  await once(socket, 'data');
  await reload({ routes: [{ from: `https://${HOST}`, to: app.url, timeout: '9s' }, other] });
  await reload({ routes: [{ from: `https://${HOST}`, to: app.url }] });
  t.equal(heard.revocations.length, 0, 'what changes nothing for it ends nothing');
  await reload({ routes: [other] });
  await until(() => heard.revocations[0]);
  t.match(heard.revocations, [{ cause: 'policy', reason: 'unknown_host', state: 'in_flight' }]);
  const gone = closed(socket);
  socket.resume();
  answer.end();
  await gone;
  t.match(heard.exchanges, [{ status: 200, error: undefined }]);
});

t.test('a WebSocket is closed with 1008 between two frames, that of others is not', async (t) => {
  const { reload, mtls, port, app, heard } = await setUp(t);
  const server = new WebSocketServer({ noServer: true });
  const peers: WebSocket[] = [];
  app.server.on('upgrade', (request, socket, head) => {
    server.handleUpgrade(request, socket, head, (peer) => {
      peer.on('message', (data) => peer.send(data));
      peer.on('error', () => {});
      peers.push(peer);
    });
  });
  const open = async (who: Issued): Promise<WebSocket> => {
    const options = clientOptions(pki, port, { cert: who.certPem, key: who.keyPem });
    const client = new WebSocket(`wss://127.0.0.1:${port}/`, {
      ...(options as object),
      headers: { host: HOST },
    });
    t.teardown(() => client.terminate());
    await once(client, 'open');
    return client;
  };
  const [his, hers] = [await open(bob), await open(pki.client)];
  const hisPeer = await until(() => peers[0]);
  // More than all buffers on the way hold: half of the frame has gone by when access is taken back.
  const large = Buffer.alloc(30_000_000, 'x');
  hisPeer.send(large);
  await once((his as unknown as { _socket: Socket })._socket, 'data');
  his.pause();
  const received = once(his, 'message') as Promise<[Buffer]>;
  const end = once(his, 'close');
  const peerEnd = once(hisPeer, 'close');
  await reload(mtls(BOB_DENIED));
  await until(() => heard.revocations[0]);
  t.match(heard.revocations, [{ state: 'tunnel', reason: 'denied_locally' }]);
  t.equal(heard.revocations.length, 1, 'told once');
  his.resume();
  const [message] = await received;
  t.ok(message.equals(large), 'the message on its way is whole');
  const [code, reason] = await end;
  t.strictSame([code, String(reason)], [1008, 'access was taken back']);
  await peerEnd;
  hers.send('still here');
  const [echo] = (await once(hers, 'message')) as [Buffer];
  t.equal(String(echo), 'still here');
});
