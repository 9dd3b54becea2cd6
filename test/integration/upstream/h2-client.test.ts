// The client that speaks HTTP/2 to apps: what it sends and takes, and that nothing which broke off passes for whole.
import { constants } from 'node:http2';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { startApp } from '../../support/app.ts';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { type OnStream, startH2App } from '../../support/h2-app.ts';
import { type EndpointSetup, openEndpoint } from '../../support/upstream-endpoint.ts';
import { until } from '../../support/until.ts';

process.env['UPSTREAM_CLIENT'] = 'h2';
const pki = await makeTestPki();
const tls = { ca: pki.serverCa.certPem, cert: pki.upstreamClient.certPem, key: pki.upstreamClient.keyPem };
const { NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM } = constants;

async function setUp(t: Test, onStream: OnStream, setup: EndpointSetup & { settings?: object } = {}) {
  const { settings, ...endpoint } = setup;
  const app = await startH2App(t, onStream, settings === undefined ? {} : { settings });
  const { endpoint: opened, pool } = openEndpoint(t, app.url, { tls, ...endpoint });
  const ask = (head: Parameters<typeof outgoing>[0] = {}) =>
    new AttemptRecorder().opens(opened, outgoing(head));
  return { app, ask, pool };
}

const hello: OnStream = (stream) => {
  stream.respond({ ':status': 200, 'x-one': ['1', '2'] });
  stream.end('hello');
};

t.test('a request and its answer', async (t) => {
  let seen: Record<string, unknown> = {};
  const { ask, app } = await setUp(t, (stream, headers) => {
    seen = headers;
    hello(stream, headers);
  });
  const got = await ask({ target: '/a?b', headers: ['host', 'app.test', 'X-Asked', '1', 'x-asked', '2'] })
    .ended;
  t.match(got, { status: 200, body: 'hello', error: undefined, headers: ['x-one', '1', 'x-one', '2'] });
  t.match(seen, { ':method': 'GET', ':path': '/a?b', ':authority': 'app.test', ':scheme': 'https' });
  t.match(seen, { 'x-asked': '1, 2', te: 'trailers', host: undefined });
  await ask().ended;
  t.equal(app.sessions.length, 1, 'one connection');
});

t.test('bodies and trailers both ways', async (t) => {
  const { ask } = await setUp(t, (stream) => {
    let sum = '';
    stream.on('trailers', ({ 'x-sum': found }) => (sum = String(found)));
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': sum }));
    stream.pipe(stream);
  });
  const recorder = ask({ method: 'POST', contentLength: undefined });
  recorder.attempt.write(Buffer.from('abc'));
  recorder.attempt.write(Buffer.from('def'));
  recorder.attempt.end(['X-Sum', '6']);
  t.match(await recorder.ended, { body: 'abcdef', trailers: ['x-sum', '6'], error: undefined });
});

t.test('an app without HTTP/2 is asked in HTTP/1.1, the first request as well', async (t) => {
  const app = await startApp(t);
  const { endpoint } = openEndpoint(t, app.url, { tls });
  const recorder = new AttemptRecorder().opens(endpoint, outgoing({ method: 'POST', contentLength: 3 }));
  recorder.attempt.write(Buffer.from('abc'));
  recorder.attempt.end();
  t.match(await recorder.ended, { status: 200, body: /"body":"abc"/, error: undefined });
  t.match(await new AttemptRecorder().opens(endpoint, outgoing()).ended, { status: 200 });
  t.strictSame(
    app.requests.map(({ httpVersion }) => httpVersion),
    ['1.1', '1.1'],
  );
});

t.test('h2c: an app in clear text, and one that does not speak it', async (t) => {
  const app = await startH2App(t, hello, { isClear: true });
  const { endpoint } = openEndpoint(t, app.url);
  t.match(await new AttemptRecorder().opens(endpoint, outgoing()).ended, { status: 200, body: 'hello' });
  const other = createServer((_, response) => void response.end('x'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const old = openEndpoint(t, `h2c://127.0.0.1:${(other.address() as AddressInfo).port}`).endpoint;
  const got = await new AttemptRecorder().opens(old, outgoing()).ended;
  t.match(got.error, { code: 'upstream_protocol', message: /does not speak HTTP\/2/ });
});

/** Begins an answer, and breaks it off as the path says. */
const half: OnStream = (stream, headers) => {
  stream.respond({ ':status': 200 });
  stream.write('half', () => {
    const socket = stream.session?.socket;
    switch (headers[':path'] ?? '') {
      case '/reset':
        // `close` would end it in peace first.
        return void stream.destroy(new Error('cut'));
      case '/fin':
        return void socket?.destroy();
      case '/goaway':
        stream.session?.goaway(constants.NGHTTP2_NO_ERROR);
        return void setImmediate(() => socket?.destroy());
      default:
        return stream.session?.destroy();
    }
  });
};

t.test('what breaks off is never whole', async (t) => {
  const { ask } = await setUp(t, half);
  for (const target of ['/reset', '/fin', '/goaway', '/session'])
    t.match(
      await ask({ target }).ended,
      { status: 200, body: 'half', error: { code: 'upstream_cut' } },
      target,
    );
});

t.test('what was refused may be sent again, and is told apart from what was lost', async (t) => {
  const { ask } = await setUp(t, (stream, headers) => {
    if (headers[':path'] === '/refused') stream.close(NGHTTP2_REFUSED_STREAM);
    else stream.session?.destroy();
  });
  t.match(await ask({ target: '/refused' }).ended, { error: { code: 'upstream_reset' }, sent: 'none' });
  t.match(await ask({ target: '/lost' }).ended, { error: { code: 'upstream_reset' }, sent: 'all' });
});

t.test('a connection that says goodbye gets no more, and ends what it has', async (t) => {
  const { ask, app } = await setUp(t, (stream, headers) => {
    if (headers[':path'] !== '/slow') return hello(stream, headers);
    stream.session?.close();
    stream.respond({ ':status': 200 });
    setTimeout(() => stream.end('late'), 50);
  });
  const slow = ask({ target: '/slow' });
  await slow.headed;
  t.match(await ask().ended, { status: 200, body: 'hello' });
  t.equal(app.sessions.length, 2);
  t.match(await slow.ended, { body: 'late', error: undefined });
});

t.test('no more requests at once than the app allows', async (t) => {
  let now = 0;
  let most = 0;
  const { ask } = await setUp(
    t,
    (stream) => {
      most = Math.max(most, ++now);
      stream.respond({ ':status': 200 });
      setTimeout(() => {
        now--;
        stream.end('x');
      }, 10);
    },
    { settings: { maxConcurrentStreams: 2 }, maxConnections: 2 },
  );
  const all = await Promise.all(Array.from({ length: 20 }, () => ask().ended));
  t.ok(all.every(({ status }) => status === 200));
  t.ok(most <= 4, `${most} at once on two connections`);
});

t.test('an app that says nothing, and one that stops', async (t) => {
  const { ask } = await setUp(
    t,
    (stream, headers) => {
      if (headers[':path'] === '/stops') {
        stream.respond({ ':status': 200 });
        stream.write('x');
      }
    },
    { headersMs: 100, idleMs: 100 },
  );
  t.match(await ask().ended, { error: { code: 'upstream_timeout' }, sent: 'all' });
  t.match(await ask({ target: '/stops' }).ended, { status: 200, error: { code: 'upstream_stalled' } });
});

t.test('an answer that nobody takes stands still, and goes on', async (t) => {
  const { ask } = await setUp(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.end(Buffer.alloc(5_000_000));
  });
  const recorder = ask();
  await recorder.gotBody;
  recorder.attempt.pause();
  const before = recorder.bodyBytes;
  t.match(await ask().ended, { bodyBytes: 5_000_000 }, 'another is not held up');
  t.equal(recorder.bodyBytes, before);
  recorder.attempt.resume();
  t.match(await recorder.ended, { bodyBytes: 5_000_000, error: undefined });
});

t.test('who gives up is heard by the app', async (t) => {
  let code: number | undefined;
  const { ask, pool } = await setUp(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.on('close', () => (code = stream.rstCode));
  });
  const recorder = ask();
  await recorder.headed;
  recorder.attempt.abort();
  await until(() => code !== undefined);
  t.equal(code, NGHTTP2_CANCEL);
  t.equal(pool.stats.inFlight, 0);
});

t.test('an upload that is given up is never whole for the app', async (t) => {
  for (const contentLength of [undefined, 1000]) {
    const seen: string[] = [];
    const { ask } = await setUp(t, (stream) => {
      stream.on('aborted', () => seen.push('aborted'));
      stream.on('data', () => seen.push('data'));
      stream.on('end', () => seen.push(stream.rstCode === 0 ? 'whole' : 'end'));
      stream.on('close', () => seen.push('close'));
    });
    const recorder = ask({ method: 'POST', contentLength });
    recorder.attempt.write(Buffer.from('half'));
    await until(() => seen.includes('data'));
    recorder.attempt.abort();
    await until(() => seen.includes('close'));
    t.notOk(seen.includes('whole'), seen.join(', '));
    t.ok(seen.includes('aborted'), seen.join(', '));
  }
});

t.test('an app of another CA gets nothing', async (t) => {
  const { ask } = await setUp(t, () => t.fail('asked'), { tls: { ca: pki.clientCa.certPem } });
  t.match(await ask().ended, { error: { code: 'upstream_tls' }, sent: 'none' });
});
