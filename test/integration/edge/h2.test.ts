// HTTP/2 at the edge, as clients meet it: the same routes, policy and refusals as in HTTP/1.1, on streams.
import { once } from 'node:events';
import { constants } from 'node:http2';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { headerValue } from '../../../src/core/flat-headers.ts';
import { startApp } from '../../support/app.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { clientOptions } from '../../support/client.ts';
import { h2AnswerOf, h2Call, h2Fields, openH2 } from '../../support/h2-client.ts';
import { startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();

async function setUp(t: Test, config: Partial<ConfigInput> = {}, listener?: Parameters<typeof startApp>[1]) {
  const app = await startApp(t, listener);
  const route = { from: `https://${HOST}`, to: app.url };
  const running = await startProxy(t, { routes: [route], ...config });
  const connect = (more: Parameters<typeof clientOptions>[2] = {}) =>
    openH2(t, clientOptions(pki, running.port, more));
  return { ...running, app, route, connect };
}

t.test('a request and its answer, the same as in HTTP/1.1', async (t) => {
  const { connect, app, exchange } = await setUp(t);
  const session = await connect();
  const cookies = ['cookie', 'a=1', 'cookie', 'b=2'];
  const answer = await h2Call(session, { path: '/a?b=c', headers: ['X-One'.toLowerCase(), '1', ...cookies] });
  t.equal(answer.status, 200);
  t.match(headerValue(answer.headers, 'x-request-id'), /^[0-9a-f-]{36}$/);
  const [request] = app.requests;
  t.match(request, { method: 'GET', url: '/a?b=c', httpVersion: '1.1' });
  t.match(request?.headers, { 'x-one': '1', cookie: 'a=1; b=2', 'x-forwarded-host': HOST });
  t.match(request?.headers['x-forwarded-client-cert'], /URI=spiffe:\/\/example\.com\/alice/);
  t.match(await exchange(0), { version: 'HTTP/2', status: 200, host: HOST, path: '/a', disposition: 'keep' });
});

t.test('bodies of megabytes both ways, streams side by side', async (t) => {
  const { connect } = await setUp(t, {}, (request, response) => void request.pipe(response));
  const session = await connect();
  const body = Buffer.alloc(3_000_000, 'abcdefgh');
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => h2Call(session, { method: 'POST', body, path: '/' })),
  );
  t.ok(answers.every((answer) => answer.status === 200 && answer.body === body.toString()));
});

t.test('trailers, interim answers, and what is announced to HEAD', async (t) => {
  const { connect, app } = await setUp(t, {}, (request, response) => {
    request.resume().on('end', () => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.writeHead(200, request.method === 'HEAD' ? { 'content-length': '5' } : { trailer: 'x-sum' });
      if (request.method !== 'HEAD') response.addTrailers({ 'x-sum': '42' });
      response.end(request.method === 'HEAD' ? undefined : 'hello');
    });
  });
  const session = await connect();
  const answer = await h2Call(session, { method: 'POST', body: 'x', trailers: { 'x-asked': '42' } });
  t.match(answer, { status: 200, body: 'hello', informational: [103] });
  t.equal(headerValue(answer.trailers, 'x-sum'), '42');
  const head = await h2Call(session, { method: 'HEAD' });
  t.equal(headerValue(head.headers, 'content-length'), '5');
  t.equal(app.requests.length, 2);
});

t.test('a client that reads slowly holds up its own stream and no other', async (t) => {
  const { connect, exchange } = await setUp(t, {}, (request, response) => {
    response.end(request.url === '/big' ? Buffer.alloc(8_000_000) : 'small');
  });
  const session = await connect();
  const slow = session.request(h2Fields(session, { path: '/big' }), { endStream: true });
  await once(slow, 'response');
  slow.pause();
  for (let i = 0; i < 5; i++) t.equal((await h2Call(session, { path: '/' })).body, 'small');
  slow.resume();
  let bytes = 0;
  slow.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await once(slow, 'close');
  t.equal(bytes, 8_000_000);
  t.equal((await exchange(5)).bytesOut, 8_000_000);
});

t.test('a host of another TLS group is misdirected, on its stream alone', async (t) => {
  const other = await makeTestRoot('Other CA');
  const { connect, exchange } = await setUp(t, {
    hosts: [{ host: 'partner.sallyport.localhost', downstream_mtls: { ca: other.certPem } }],
    routes: [
      { from: `https://${HOST}`, response: { status: 200, body: 'in' } },
      { from: 'https://*.sallyport.localhost', response: { status: 200, body: 'in, too' } },
    ],
  });
  const session = await connect();
  t.equal((await h2Call(session, { authority: 'partner.sallyport.localhost' })).status, 421);
  t.equal((await h2Call(session, { authority: 'other.sallyport.localhost' })).body, 'in, too', 'coalescing');
  t.equal((await h2Call(session)).body, 'in', 'and the connection goes on');
  t.match(await exchange(0), { error: 'misdirected' });
  t.notOk(session.closed);
});

t.test('whoever shows no certificate is answered once, and must come again', async (t) => {
  const { port, heard } = await setUp(t);
  const { cert: _, key: __, ...nobody } = clientOptions(pki, port);
  const session = await openH2(t, nobody);
  const answer = await h2Call(session, { headers: ['accept', 'text/html'] });
  t.equal(answer.status, 403);
  t.match(answer.body, /certificate_missing/);
  if (!session.destroyed) await once(session, 'close');
  t.match(heard.exchanges, [{ error: 'client_certificate_required', disposition: 'retire' }]);
});

t.test('what is too much is refused on its stream', async (t) => {
  const { connect, app, heard } = await setUp(t, { max_request_body_bytes: 1000, max_uri_bytes: 512 });
  const session = await connect();
  const post = (headers: string[], body: string) => h2Call(session, { method: 'POST', headers, body });
  t.equal((await post(['content-length', '2000'], 'x'.repeat(2000))).status, 413, 'announced');
  t.equal((await post([], 'x'.repeat(2000))).status, 413, 'not announced');
  t.equal((await h2Call(session, { path: `/${'x'.repeat(512)}` })).status, 414);
  const many = Array.from({ length: 202 }, (_, index) => (index % 2 === 0 ? `x-${index}` : '1'));
  t.equal((await h2Call(session, { headers: many })).status, 431);
  t.equal((await post([], 'x'.repeat(1000))).status, 200);
  t.equal(app.requests.at(-1)?.method, 'POST');
  t.ok(heard.exchanges.every(({ disposition }) => disposition === 'keep'));
});

t.test('a body that drips is too slow', async (t) => {
  const { connect } = await setUp(t, { min_request_body_rate: 1000, min_request_body_grace: '200ms' });
  const session = await connect();
  const stream = session.request(h2Fields(session, { method: 'POST' }), { endStream: false });
  stream.write('x');
  t.equal((await h2AnswerOf(stream)).status, 408);
  t.equal((await h2Call(session)).status, 200);
});

t.test('a connection without requests is let go, with GOAWAY', async (t) => {
  const { connect } = await setUp(t, { timeout_idle: '300ms' });
  const session = await connect();
  t.equal((await h2Call(session)).status, 200);
  const [code] = await once(session, 'goaway');
  t.equal(code, constants.NGHTTP2_NO_ERROR);
});

t.test('what is in flight at the drain is answered, what comes later is not begun', async (t) => {
  const finish = Promise.withResolvers<void>();
  const { connect, proxy, app } = await setUp(t, {}, (_, response) => {
    response.write('begun');
    void finish.promise.then(() => response.end(', done'));
  });
  const session = await connect();
  const answer = h2Call(session);
  await until(() => app.requests[0]);
  const drained = proxy.drain();
  await once(session, 'goaway');
  finish.resolve();
  t.match(await answer, { status: 200, body: 'begun, done' });
  await drained;
});

t.test('an app that fails, and one that stops in the middle', async (t) => {
  const { connect } = await setUp(t, {}, (request, response) => {
    if (request.url === '/early') response.socket?.destroy();
    else {
      if (request.url === '/announced') response.setHeader('content-length', '1000');
      response.write('half', () => setTimeout(() => response.socket?.destroy(), 30));
    }
  });
  const session = await connect();
  t.equal((await h2Call(session, { path: '/early' })).status, 502);
  for (const path of ['/late', '/announced'])
    t.match(await h2Call(session, { path }), {
      status: 200,
      body: 'half',
      rstCode: constants.NGHTTP2_INTERNAL_ERROR,
      isWhole: false,
    });
});

t.test('gRPC is refused in its own words', async (t) => {
  const { connect } = await setUp(t);
  const session = await connect();
  const grpc = ['content-type', 'application/grpc', 'te', 'trailers'];
  const answer = await h2Call(session, {
    authority: 'none.example.com',
    headers: grpc,
    method: 'POST',
    body: '',
  });
  t.equal(answer.status, 200);
  t.equal(headerValue(answer.headers, 'grpc-status'), '12');
});
