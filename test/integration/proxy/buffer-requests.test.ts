// Bodies that are read whole before the app is asked: it sees all of a request or nothing of it.
import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { parseAnswers } from '../../support/answers.ts';
import { type Reflection, startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions, closed, openClient, readAll, sendRaw } from '../../support/client.ts';
import { startH2App } from '../../support/h2-app.ts';
import { h2AnswerOf, h2Call, h2Fields, openH2 } from '../../support/h2-client.ts';
import { startProxy } from '../../support/proxy.ts';

const HOST = 'app.sallyport.localhost';
const KIB = 1024;
const pki = await makeTestPki();

type Route = Partial<ConfigInput['routes'][number]>;

async function setUp(t: Test, route: Route = {}, config: Partial<ConfigInput> = {}) {
  let connections = 0;
  const app = await startApp(t);
  app.server.on('secureConnection', () => connections++);
  const forwarded = { from: `https://${HOST}`, to: app.url, buffer_requests: '64KiB', ...route };
  const running = await startProxy(t, { routes: [forwarded], ...config });
  const options = clientOptions(pki, running.port);
  const post = (framing: string, body = ''): string =>
    `POST / HTTP/1.1\r\nHost: ${HOST}\r\nAccept: application/json\r\n${framing}\r\n\r\n${body}`;
  return { ...running, app, route: forwarded, options, post, connections: () => connections };
}

const reflected = (text: string): Reflection => JSON.parse(text) as Reflection;

t.test('the app sees nothing until the body is whole, and then how long it is', async (t) => {
  for (const [framing, begin, end] of [
    ['Content-Length: 10', 'hello', 'world'],
    ['Transfer-Encoding: chunked', '5\r\nhello\r\n', '5\r\nworld\r\n0\r\n\r\n'],
  ] as const) {
    const { app, options, post, connections, exchange } = await setUp(t);
    const client = await openClient(t, options);
    client.write(post(`${framing}\r\nExpect: 100-continue`));
    const [interim] = (await once(client, 'data')) as [Buffer];
    t.match(interim.toString(), /^HTTP\/1\.1 100 /);
    client.write(begin);
    // Whatever was sent before an answer on another connection has been looked at by then.
    await call(options, { headers: { connection: 'close' } });
    t.equal(app.requests.length, 1, 'that other request');
    client.write(end);
    const [answer] = (await once(client, 'data')) as [Buffer];
    const [parsed] = parseAnswers(answer.toString('latin1'));
    const { body, headers } = reflected(parsed?.body ?? '');
    t.equal(body, 'helloworld');
    t.equal(headers['content-length'], '10');
    t.equal(headers['transfer-encoding'], undefined);
    t.equal(connections(), 1);
    t.match(await exchange(1), { status: 200, attempts: 1, bytesIn: 10 });
  }
});

t.test('in HTTP/2, too, and the connection goes on', async (t) => {
  const { app, options } = await setUp(t);
  const session = await openH2(t, options);
  const stream = session.request(h2Fields(session, { method: 'POST' }), { endStream: false });
  const answer = h2AnswerOf(stream);
  stream.write('a'.repeat(30 * KIB));
  await h2Call(session);
  t.equal(app.requests.length, 1);
  stream.end('b'.repeat(30 * KIB));
  const { body, headers } = reflected((await answer).body);
  t.equal(body, 'a'.repeat(30 * KIB) + 'b'.repeat(30 * KIB));
  t.equal(headers['content-length'], String(60 * KIB));
});

t.test('trailers follow to an app of HTTP/2', async (t) => {
  const app = await startH2App(t, (stream, headers) => {
    let sum: unknown;
    stream.on('trailers', (trailers) => (sum = trailers['x-sum']));
    stream.resume();
    stream.on('end', () => {
      stream.respond({ ':status': 200 });
      stream.end(`${headers['content-length']} ${String(sum)}`);
    });
  });
  const { options } = await setUp(t, { to: app.url, allow_h2: true });
  const made = { method: 'POST', body: 'hello', trailers: { 'x-sum': '1' } };
  t.equal((await h2Call(await openH2(t, options), made)).body, '5 1');
});

t.test('what has no body, or an empty one, goes on at once', async (t) => {
  const { options, post, app } = await setUp(t);
  t.equal((await call(options)).status, 200);
  const text = await sendRaw(options, post('Transfer-Encoding: chunked\r\nConnection: close', '0\r\n\r\n'));
  const { body, headers } = reflected(parseAnswers(text)[0]?.body ?? '');
  t.strictSame([body, headers['content-length']], ['', '0']);
  t.equal(app.requests.length, 2);
});

t.test('a longer body is 413, announced or not, and the app sees nothing of it', async (t) => {
  const { options, post, app, connections } = await setUp(t);
  const chunk = `8000\r\n${'x'.repeat(32 * KIB)}\r\n`;
  const answers = [
    await sendRaw(options, post(`Content-Length: ${64 * KIB + 1}`)),
    await sendRaw(options, post('Transfer-Encoding: chunked', chunk + chunk + chunk)),
  ];
  for (const text of answers) t.match(text, /^HTTP\/1\.1 413 [^]*body_too_large/);
  const session = await openH2(t, options);
  t.equal((await h2Call(session, { method: 'POST', body: 'x'.repeat(64 * KIB + 1) })).status, 413);
  t.strictSame([app.requests.length, connections()], [0, 0]);
  const exact = await h2Call(session, { method: 'POST', body: 'x'.repeat(64 * KIB) });
  t.equal(exact.status, 200);
});

t.test('the smaller of both limits counts', async (t) => {
  const { options, post, app } = await setUp(t, { max_request_body_bytes: 10 });
  await call(options);
  const text = await sendRaw(
    options,
    post('Transfer-Encoding: chunked\r\nConnection: close', `b\r\n${'x'.repeat(11)}\r\n0\r\n\r\n`),
  );
  t.match(text, /^HTTP\/1\.1 413 /);
  await call(options);
  t.equal(app.requests.length, 2);
});

t.test('a client that leaves, or drips, in the middle: the app sees nothing', async (t) => {
  const { options, post, connections, exchange } = await setUp(
    t,
    {},
    { min_request_body_rate: '1MB', min_request_body_grace: '50ms' },
  );
  const slow = await openClient(t, options);
  slow.write(post('Content-Length: 1000', 'x'));
  t.match(await readAll(slow), /^HTTP\/1\.1 408 [^]*body_too_slow/);
  const client = await openClient(t, options);
  client.write(post('Content-Length: 1000', 'x'));
  client.end();
  await closed(client.resume());
  t.match(await exchange(1), { status: 0, error: 'client_closed', attempts: 0, bytesIn: 1 });
  t.equal(connections(), 0);
});

t.test('all bodies together have a limit; what is gone makes room', async (t) => {
  const { options, post } = await setUp(t, {}, { max_buffered_request_bytes: '40KiB' });
  const first = await openClient(t, options);
  first.write(post(`Content-Length: ${40 * KIB}`, 'x'.repeat(30 * KIB)));
  const second = post(`Connection: close\r\nContent-Length: ${20 * KIB}`, 'x'.repeat(20 * KIB));
  let text = '';
  // As soon as the first has arrived.
  while (!text.includes('overloaded')) text = await sendRaw(options, second);
  t.match(text, /^HTTP\/1\.1 503 /);
  first.end();
  await closed(first.resume());
  const third = await call(options, { method: 'POST', body: 'x'.repeat(40 * KIB) });
  t.equal(third.status, 200);
  t.equal((await call(options, { method: 'POST', body: 'x'.repeat(40 * KIB) })).status, 200);
});

t.test('an app that answers before it has read the body gives its room back', async (t) => {
  const app = await startApp(t, (_, response) => response.writeHead(403).end());
  const route = { to: app.url, buffer_requests: '16MiB' };
  const { options } = await setUp(t, route, { max_buffered_request_bytes: '20MiB' });
  // More than the sockets on the way take.
  const body = Buffer.alloc(12 * KIB * KIB);
  for (let i = 0; i < 3; i++) t.equal((await call(options, { method: 'POST', body })).status, 403);
});

t.test('whoever is locked out while the body comes is refused, and the app sees nothing', async (t) => {
  const { options, post, proxy, config, route, connections, exchange } = await setUp(t);
  const client = await openClient(t, options);
  client.write(post('Content-Length: 10\r\nExpect: 100-continue'));
  await once(client, 'data');
  client.write('hello');
  const policy = { deny: { and: [{ accept: true as const }] } };
  const changed = { ...config, routes: [{ ...route, policy }] };
  t.equal((await proxy.reload('call', changed)).result, 'applied');
  client.write('world');
  t.match(await readAll(client), /^HTTP\/1\.1 403 [^]*denied/);
  t.match(await exchange(0), { status: 403, error: 'denied', attempts: 0 });
  t.equal(connections(), 0);
});

t.test('a WebSocket is not held up', async (t) => {
  const app = await startApp(t);
  app.server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n'));
  const { options } = await setUp(t, { to: app.url, allow_websockets: true });
  const text = await sendRaw(
    options,
    `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  t.match(text, /^HTTP\/1\.1 403 /);
});
