// Answers of apps that are longer than they may be.
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions, sendRaw } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();

async function setUp(
  t: Test,
  route: Partial<ConfigInput['routes'][number]>,
  more: Partial<ConfigInput> = {},
) {
  const app = await startApp(t, ({ url = '' }, response) => {
    const [, framing, bytes] = url.split('/');
    if (framing === 'length') response.setHeader('content-length', Number(bytes));
    else response.write('x');
    response.end(Buffer.alloc(Number(bytes) - (framing === 'length' ? 0 : 1), 'x'));
  });
  const { port, exchange } = await startProxy(t, {
    routes: [{ from: `https://${HOST}`, to: app.url, ...route }],
    ...more,
  });
  const ask = async (path: string, method = 'GET') => await call(clientOptions(pki, port), { path, method });
  return { ask, port, exchange };
}

t.test(
  'one that says so is not heard, one that turns out so is cut, and the limit itself passes',
  async (t) => {
    const { ask, port, exchange } = await setUp(t, { max_response_body_bytes: 1000 });
    t.match(await ask('/length/1000'), { status: 200, body: /^x{1000}$/ });
    t.match(await ask('/chunked/1000'), { status: 200, body: /^x{1000}$/ });
    t.match(await ask('/length/1001'), { status: 502, body: /larger than it may be/ });
    t.match(await exchange(2), { error: 'upstream_too_large', status: 502 });
    await t.rejects(ask('/chunked/1001'), /aborted|socket hang up|ECONNRESET/);
    t.match(await exchange(3), { error: 'upstream_too_large', status: 200, disposition: 'abort' });
    const raw = await sendRaw(
      clientOptions(pki, port),
      `GET /chunked/5000 HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`,
    );
    t.notMatch(raw, /\r\n0\r\n\r\n$/, 'it does not look whole');
    t.equal((await ask('/length/9999', 'HEAD')).status, 502, 'HEAD as GET');
    t.equal((await ask('/length/10')).status, 200, 'the next one is right');
  },
);

t.test('a route may allow more than the rest, or anything', async (t) => {
  const all = { max_response_body_bytes: 10 };
  t.equal((await (await setUp(t, {}, all)).ask('/length/11')).status, 502);
  for (const max_response_body_bytes of [20, 0])
    t.equal((await (await setUp(t, { max_response_body_bytes }, all)).ask('/length/11')).status, 200);
});
