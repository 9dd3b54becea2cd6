// Apps that cannot be reached or answer nonsense: 502 or 504 with a code, nothing of the inside, never a second POST.
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import t from 'tap';
import { ERRORS, type ErrorCode } from '../../../src/core/errors.ts';
import { checkRefusal, FROM } from '../../support/bad-input.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { type Misbehave, onlyAnswer, request, startFaulty } from '../../support/faulty-upstream.ts';
import { startRawUpstream } from '../../support/raw-upstream.ts';

const POST = request('POST / HTTP/1.1', 'Content-Length: 5\r\n', 'hello');
const OK = 'HTTP/1.1 200 OK\r\n';
const says =
  (bytes: string): Misbehave =>
  (socket) =>
    void socket.write(bytes, 'latin1');
const timeouts = { default_upstream_timeout: '200ms', default_upstream_idle_timeout: '200ms' } as const;

const ROWS: Record<string, [misbehave: Misbehave, code: ErrorCode]> = {
  'RST before headers': [(socket) => void socket.resetAndDestroy(), 'upstream_reset'],
  'closed before headers': [(socket) => void socket.end(), 'upstream_reset'],
  'closed in its headers': [(socket) => void socket.end(`${OK}Content-`), 'upstream_reset'],
  'bad status': [says('HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n'), 'upstream_protocol'],
  'status 999': [says('HTTP/1.1 999 Much\r\nContent-Length: 0\r\n\r\n'), 'upstream_protocol'],
  'NUL in a header': [says(`${OK}X: a\0b\r\nContent-Length: 0\r\n\r\n`), 'upstream_protocol'],
  'LF in a header': [says(`${OK}X: a\nb: c\r\nContent-Length: 0\r\n\r\n`), 'upstream_protocol'],
  'two lengths': [says(`${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`), 'upstream_protocol'],
  'a length and a coding': [
    says(`${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
    'upstream_protocol',
  ],
  'no HTTP': [says('220 mail.example.com ESMTP secret\r\n\r\n'), 'upstream_protocol'],
  'headers over the limit': [says(`${OK}X: ${'x'.repeat(70_000)}\r\n\r\n`), 'upstream_headers_too_large'],
  'an unasked 101': [
    says('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nframes'),
    'upstream_upgrade',
  ],
  silent: [() => {}, 'upstream_timeout'],
  'headers that drip': [(socket) => drip(socket), 'upstream_timeout'],
};

function drip(socket: Socket): void {
  socket.write(`${OK}X: `);
  const timer = setInterval(() => socket.write('x'), 20);
  socket.once('close', () => clearInterval(timer));
}

for (const [row, [misbehave, code]] of Object.entries(ROWS)) {
  const { status, retry } = ERRORS[code];
  t.test(`upstream ${row}: ${status}, a POST once, an idempotent request twice at most`, async (t) => {
    const { ask, heads, heard, exchange, connections, isServing } = await startFaulty(t, misbehave, timeouts);
    const answer = onlyAnswer(await ask(POST));
    t.equal(answer.headers['content-type'], 'application/problem+json');
    checkRefusal(t, answer, code);
    t.notMatch(answer.body, /secret/);
    t.equal(heads.length, 1, 'the POST arrived once');
    t.match(await exchange(0), { status, error: code, attempts: 1, detail: /127\.0\.0\.1/ });
    checkRefusal(t, onlyAnswer(await ask()), code);
    const attempts = retry === 'idempotent' ? 2 : 1;
    t.equal(heads.length, 1 + attempts);
    t.match(await exchange(1), { status, error: code, attempts });
    if (attempts === 2) t.equal(connections(), 3, 'the second on a connection of its own');
    await isServing();
    t.equal(heard.exchanges.length, 3);
    t.strictSame(heard.warnings, []);
  });
}

t.test('upstream RST before headers, once: an idempotent request is made again and served', async (t) => {
  let resets = 1;
  const { ask, heads, exchange } = await startFaulty(t, (socket) => {
    if (resets-- > 0) socket.resetAndDestroy();
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
  });
  t.match(onlyAnswer(await ask()), { status: 200, body: 'good' });
  t.equal(heads.length, 2);
  t.match(await exchange(0), { status: 200, attempts: 2 });
});

t.test('upstream refused: 502, nothing was sent', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  const { ask, exchange } = await startFaulty(t, () => {}, {
    routes: [{ from: FROM, to: `http://127.0.0.1:${port}` }],
  });
  for (const [i, bytes] of [POST, request()].entries()) {
    checkRefusal(t, onlyAnswer(await ask(bytes)), 'upstream_unreachable');
    t.match(await exchange(i), { status: 502, error: 'upstream_unreachable', attempts: i + 1 });
  }
});

t.test('upstream handshake or name failure: 502, and no byte of the request goes out', async (t) => {
  const pki = await makeTestPki();
  const stranger = await makeTestRoot('Nobody knows me');
  const wrongName = await pki.issueServer({ names: { dns: ['other.internal'] } });
  const untrusted = await pki.issueServer({}, stranger);
  for (const { certPem, keyPem } of [wrongName, untrusted]) {
    let received = 0;
    const upstream = await startRawUpstream(
      t,
      (socket) => socket.on('data', (chunk: Buffer) => (received += chunk.length)),
      { cert: certPem, key: keyPem },
    );
    const { ask, exchange } = await startFaulty(t, () => {}, { routes: [{ from: FROM, to: upstream.url }] });
    for (const [i, bytes] of [POST, request()].entries()) {
      checkRefusal(t, onlyAnswer(await ask(bytes)), 'upstream_tls');
      t.match(await exchange(i), { status: 502, error: 'upstream_tls', attempts: 1 });
    }
    t.equal(received, 0);
  }
  const plain = await startRawUpstream(t, (socket) => socket.end('no TLS here'));
  const { ask } = await startFaulty(t, () => {}, {
    routes: [{ from: FROM, to: plain.url.replace('http:', 'https:') }],
  });
  checkRefusal(t, onlyAnswer(await ask()), 'upstream_tls');
});
