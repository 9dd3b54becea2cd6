// Too much of everything: refused with the status of its own, never cut silently; just under each limit all arrives.
import t from 'tap';
import { parseAnswers } from '../../support/answers.ts';
import { HOST, startBadInputs } from '../../support/bad-input.ts';

const host = `Host: ${HOST}\r\n`;
const close = 'Connection: close\r\n';

const headOf = (bytes: number) => {
  const start = `GET /big HTTP/1.1\r\n${host}${close}X: `;
  return `${start}${'x'.repeat(bytes - start.length - 4)}\r\n\r\n`;
};

const headOfMany = (count: number) => {
  const fields = Array.from({ length: count - 2 }, (_, i) => `X-${i}: ${i}\r\n`);
  return `GET /many HTTP/1.1\r\n${host}${close}${fields.join('')}\r\n`;
};

const line = (bytes: number) => `GET /${'u'.repeat(bytes - 1)} HTTP/1.1\r\n${host}${close}\r\n`;
const announced = (bytes: number) =>
  `POST /body HTTP/1.1\r\n${host}${close}Content-Length: ${bytes}\r\n\r\n${'b'.repeat(bytes)}`;
const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${'b'.repeat(bytes)}\r\n`;
const chunked = (...sizes: number[]) =>
  `POST /body HTTP/1.1\r\n${host}${close}Transfer-Encoding: chunked\r\n\r\n${sizes.map(chunk).join('')}0\r\n\r\n`;

t.test('header block over the limit: 431; just under it all of it arrives', async (t) => {
  const { refused, send, seen } = await startBadInputs(t, { max_request_header_bytes: 2048 });
  await refused(headOf(2049), 'headers_too_large');
  await refused(`GET / HTTP/1.1\r\n${host}X: ${'x'.repeat(100_000)}`, 'headers_too_large');
  t.match(parseAnswers(await send(headOf(2048))), [{ status: 200, body: '/big' }]);
  const arrived = seen().find(({ target }) => target === '/big');
  t.match(arrived?.headers.get('x'), [/^x{1900,}$/]);
});

t.test('too many headers: 431; as many as allowed all arrive', async (t) => {
  const { refused, send, seen } = await startBadInputs(t, { max_request_headers: 50 });
  await refused(headOfMany(51), 'headers_too_large');
  t.match(parseAnswers(await send(headOfMany(50))), [{ status: 200, body: '/many' }]);
  const arrived = seen().find(({ target }) => target === '/many');
  for (let i = 0; i < 48; i++) t.strictSame(arrived?.headers.get(`x-${i}`), [String(i)]);
});

t.test('target over the limit: 414; just under it all of it arrives', async (t) => {
  const { refused, send } = await startBadInputs(t, { max_uri_bytes: 300 });
  await refused(line(301), 'uri_too_long');
  await refused(line(50_000), 'uri_too_long');
  await refused(`GET /${'u'.repeat(50_000)}`, 'uri_too_long');
  t.match(parseAnswers(await send(line(300))), [{ status: 200, body: /^\/u{299}$/ }]);
});

t.test('body over the limit: 413, announced or not; as long as allowed it arrives', async (t) => {
  for (const isOfRoute of [false, true]) {
    const inputs = await startBadInputs(t, isOfRoute ? {} : { max_request_body_bytes: 1000 });
    const { proxy, config } = inputs.running;
    const routes = config.routes.map((route) => ({ ...route, max_request_body_bytes: 1000 }));
    if (isOfRoute) t.match(await proxy.reload('call', { ...config, routes }), { result: 'applied' });
    const { refused, send, seen } = inputs;
    await refused(announced(1001), 'body_too_large');
    await refused(chunked(600, 401), 'body_too_large');
    await refused(chunked(100_000), 'body_too_large');
    for (const bytes of [announced(1000), chunked(600, 400)])
      t.match(parseAnswers(await send(bytes)), [{ status: 200, body: '/body' }]);
    const whole = seen().filter(({ target, isWhole }) => target === '/body' && isWhole);
    t.strictSame(
      whole.map(({ body }) => body.length),
      [1000, 1000],
    );
  }
});

t.test('a client that expects 100-continue is told 413 without being asked for its body', async (t) => {
  const { refused } = await startBadInputs(t, { max_request_body_bytes: 10 });
  const bytes = `POST / HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 11\r\n\r\n`;
  await refused(bytes, 'body_too_large');
});
