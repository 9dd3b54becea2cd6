// Clients that take their time: every deadline is absolute, so a byte now and then buys nothing, and nobody else waits.
import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { parseAnswers } from '../../support/answers.ts';
import { checkRefusal, GOOD, HOST, startBadInputs } from '../../support/bad-input.ts';
import { clientOptions, openClient, readAll } from '../../support/client.ts';

const SLOW = {
  header_timeout: '200ms',
  timeout_idle: '200ms',
  min_request_body_rate: 1000,
  min_request_body_grace: '200ms',
} as const;
const POST = `POST /slow HTTP/1.1\r\nHost: ${HOST}\r\nAccept: application/json\r\n`;

/** A byte every 20 ms for as long as the peer listens: far below any rate, far above any idle time. */
function drip(socket: TLSSocket, byte: string): void {
  const timer = setInterval(() => socket.write(byte), 20);
  socket.once('close', () => clearInterval(timer));
}

for (const [row, start, byte, code] of [
  ['a head that stops', 'GET / HTTP/1.1\r\nHos', undefined, 'request_timeout'],
  ['a head that drips', `GET / HTTP/1.1\r\nHost: ${HOST}\r\nX: `, 'x', 'request_timeout'],
  ['a body that stops', `${POST}Content-Length: 5\r\n\r\nhe`, undefined, 'body_too_slow'],
  ['a body that never begins', `${POST}Content-Length: 5\r\n\r\n`, undefined, 'body_too_slow'],
  ['a body that drips', `${POST}Content-Length: 50000\r\n\r\n`, 'x', 'body_too_slow'],
  ['chunks that drip', `${POST}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n', 'body_too_slow'],
] as const) {
  t.test(`slow: ${row} is answered 408 in time, and others are served meanwhile`, async (t) => {
    const { running, send, seen } = await startBadInputs(t, SLOW);
    const socket = await openClient(t, clientOptions(running.pki, running.port));
    const received = readAll(socket);
    const began = performance.now();
    socket.write(start);
    if (byte !== undefined) drip(socket, byte);
    t.match(parseAnswers(await send(GOOD)), [{ status: 200 }]);
    const [answer, ...more] = parseAnswers(await received);
    t.ok(performance.now() - began < 3500, 'closed soon, not when the client pleases');
    t.equal(more.length, 0);
    if (answer === undefined) throw new Error('no answer');
    checkRefusal(t, answer, code);
    t.match(await running.exchange(1), { status: 408, error: code, disposition: 'retire' });
    t.notOk(seen().some(({ target, isWhole }) => target === '/slow' && isWhole));
  });
}

t.test(
  'idle: a connection without a request is closed without a word, before and after a request',
  async (t) => {
    const { running } = await startBadInputs(t, SLOW);
    const silent = await openClient(t, clientOptions(running.pki, running.port));
    t.equal(await readAll(silent), '');
    const served = await openClient(t, clientOptions(running.pki, running.port));
    const received = readAll(served);
    served.write(`GET /once HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const answers = parseAnswers(await received);
    t.match(answers, [{ status: 200, body: '/once' }]);
    t.equal(running.heard.exchanges.length, 1, 'idleness is no exchange');
  },
);

t.test('a body that is slow but fast enough arrives', async (t) => {
  const { running } = await startBadInputs(t, { ...SLOW, min_request_body_rate: 20 });
  const socket = await openClient(t, clientOptions(running.pki, running.port));
  socket.write(`${POST}Content-Length: 20\r\n\r\n`);
  let left = 20;
  const timer = setInterval(() => {
    socket.write('x');
    if (--left === 0) clearInterval(timer);
  }, 20);
  t.teardown(() => clearInterval(timer));
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  t.match(parseAnswers(chunk.toString('latin1')), [{ status: 200, body: '/slow' }]);
});
