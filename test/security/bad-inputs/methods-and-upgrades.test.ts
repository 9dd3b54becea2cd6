// What is asked for and not given: tunnels to anywhere, echoes of the request, switches of protocol that nobody agreed to,
// hosts that are not ours.
import t from 'tap';
import { parseAnswers } from '../../support/answers.ts';
import { FROM, HOST, startBadInputs } from '../../support/bad-input.ts';
import { startLenientUpstream } from '../../support/lenient-upstream.ts';

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const get = (fields: string) => `GET / HTTP/1.1\r\nHost: ${HOST}\r\n${fields}\r\n`;

async function startWithWebsockets(t: Parameters<typeof startBadInputs>[0]) {
  const app = await startLenientUpstream(t);
  const inputs = await startBadInputs(t, { routes: [{ from: FROM, to: app.url, allow_websockets: true }] });
  return { ...inputs, app };
}

t.test('CONNECT: 405, and no tunnel', async (t) => {
  const { refused } = await startBadInputs(t);
  for (const target of [`${HOST}:443`, `${HOST}:22`]) {
    const answer = await refused(
      `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\nSSH-2.0`,
      'method_not_allowed',
    );
    t.notMatch(answer.headers['allow'], /CONNECT/);
  }
});

t.test('TRACE: 405, and the request is not echoed', async (t) => {
  const { refused } = await startBadInputs(t);
  const answer = await refused(
    `TRACE /secret HTTP/1.1\r\nHost: ${HOST}\r\nCookie: secret=1\r\nConnection: close\r\n\r\n`,
    'method_not_allowed',
  );
  t.notMatch(answer.body, /secret/);
  t.match(answer.headers['allow'], /GET/);
});

t.test('Upgrade h2c: not switched, answered as the plain request that it is', async (t) => {
  const { send, seen } = await startBadInputs(t);
  const fields = 'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
  t.match(parseAnswers(await send(get(fields))), [{ status: 200, body: '/' }]);
  t.equal(seen()[0]?.headers.get('upgrade'), undefined);
  t.equal(seen()[0]?.headers.get('http2-settings'), undefined);
});

t.test('a WebSocket of another version: 426 that names ours, no tunnel', async (t) => {
  const { refused, app } = await startWithWebsockets(t);
  for (const version of ['', 'Sec-WebSocket-Version: 8\r\n', 'Sec-WebSocket-Version: 13\r\n'.repeat(2)]) {
    const bytes = get(`${UPGRADE}${KEY}${version}`).replace('Upgrade\r\n', 'Upgrade, close\r\n');
    const answer = await refused(bytes, 'websocket_version');
    t.equal(answer.headers['sec-websocket-version'], '13');
  }
  t.notMatch(app.recorded().join(''), /upgrade: websocket/i);
});

t.test('a WebSocket with a missing or malformed key: 400, no tunnel', async (t) => {
  const { refused, app } = await startWithWebsockets(t);
  for (const key of ['', 'Sec-WebSocket-Key: short\r\n', KEY + KEY]) {
    const bytes = get(`${UPGRADE}${key}Sec-WebSocket-Version: 13\r\n`).replace(
      'Upgrade\r\n',
      'Upgrade, close\r\n',
    );
    await refused(bytes, 'bad_upgrade');
  }
  t.notMatch(app.recorded().join(''), /upgrade: websocket/i);
});

t.test('a WebSocket where the route allows none: 403, no tunnel', async (t) => {
  const { refused } = await startBadInputs(t);
  const bytes = get(
    `Connection: Upgrade, close\r\nUpgrade: websocket\r\n${KEY}Sec-WebSocket-Version: 13\r\n`,
  );
  await refused(bytes, 'upgrade_not_allowed');
});

t.test('unknown host: 404 that says nothing about other hosts, and no app is asked', async (t) => {
  const { refused } = await startBadInputs(t);
  for (const host of ['other.sallyport.localhost', 'localhost', '127.0.0.1', 'evil.example', `x.${HOST}`]) {
    const bytes = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nAccept: text/html\r\n\r\n`;
    const answer = await refused(bytes, 'unknown_host');
    t.notMatch(answer.body, new RegExp(HOST));
  }
});
