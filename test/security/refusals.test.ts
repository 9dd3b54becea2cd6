// What a stranger gets told: the same bytes whatever is asked, so that nobody without a certificate learns which hosts,
// paths and methods there are.
import t from 'tap';
import { startApp } from '../support/app.ts';
import { parseAnswers } from '../support/answers.ts';
import { makeTestRoot } from '../support/certificates.ts';
import { closed, clientOptions, openClient, sendRaw } from '../support/client.ts';
import { startProxy } from '../support/proxy.ts';

const HOST = 'app.sallyport.localhost';

interface Teardown {
  teardown(fn: () => unknown): void;
}

async function setUp(t: Teardown) {
  const app = await startApp(t);
  const running = await startProxy(
    t,
    {
      routes: [
        { from: `https://${HOST}`, prefix: '/known', to: app.url, max_request_body_bytes: 100 },
        { from: 'https://moved.sallyport.localhost', redirect: { host_redirect: 'else.example' } },
        { from: 'https://*.wild.sallyport.localhost', response: { body: 'fixed' } },
      ],
    },
    { newRequestId: () => 'the-id' },
  );
  return { app, ...running };
}

const HOSTS = [
  HOST,
  'unknown.sallyport.localhost',
  'moved.sallyport.localhost',
  'a.wild.sallyport.localhost',
];
const TARGETS = ['/', '/known', '/unknown?a=b', '/%2f', '/a/../b', '/x%00'];
const METHODS = ['GET', 'POST', 'DELETE', 'OPTIONS', 'TRACE'];
const BODIES = [
  '',
  'Content-Length: 5\r\n\r\nhello',
  'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
];
const EXTRAS = [
  '',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n',
  'Client-Cert: :AA==:\r\nX-Forwarded-Client-Cert: a\r\n',
  'Authorization: Basic eA==\r\nCookie: a=b\r\n',
];

function* requests(): Generator<string> {
  for (const host of HOSTS)
    for (const target of TARGETS)
      for (const method of METHODS) {
        const body = BODIES[(target.length + method.length) % BODIES.length] ?? '';
        const extra = EXTRAS[(host.length + target.length) % EXTRAS.length] ?? '';
        yield `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${extra}${body === '' ? '\r\n' : body}`;
      }
  yield `OPTIONS * HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
  yield `CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}:443\r\n\r\n`;
  yield `GET http://${HOST}/known HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
}

const undated = (received: string) => received.replace(/^Date: .*$/m, 'Date: -');

t.test('a stranger gets one and the same refusal for every host, path, method and body', async (t) => {
  const { app, port, pki, heard } = await setUp(t);
  const expired = await pki.issueClient({ days: -1 }).catch(() => undefined);
  const other = await pki.issueClient({}, await makeTestRoot('Nobody knows me'));
  const strangers = {
    'without a certificate': { cert: undefined, key: undefined },
    'of another CA': { cert: other.certPem, key: other.keyPem },
    ...(expired && { 'with an expired certificate': { cert: expired.certPem, key: expired.keyPem } }),
  };
  for (const [who, shown] of Object.entries(strangers)) {
    const all = new Set<string>();
    const list = [...requests()];
    for (let from = 0; from < list.length; from += 8) {
      const batch = list.slice(from, from + 8);
      const received = await Promise.all(
        batch.map((bytes, i) => {
          const servername = HOSTS[i % HOSTS.length] ?? '';
          const options = { ...shown, servername, checkServerIdentity: () => undefined };
          return sendRaw(clientOptions(pki, port, options), bytes);
        }),
      );
      for (const one of received) all.add(undated(one));
    }
    t.equal(all.size, 1, `${who}: ${[...all].join('\n\n')}`);
    const [answer] = parseAnswers([...all][0] ?? '');
    t.match(answer, {
      status: 403,
      isWhole: true,
      headers: { connection: 'close', 'cache-control': 'no-store' },
    });
    t.notOk(answer?.headers['strict-transport-security'], 'and for certificates of development no HSTS');
  }
  t.equal(app.requests.length, 0);
  t.ok(heard.exchanges.every(({ upstream, route }) => upstream === undefined && route === undefined));
});

t.test('the body of a stranger is not read, and the connection ends', async (t) => {
  const { port, pki, exchange } = await setUp(t);
  const stranger = clientOptions(pki, port, { cert: undefined, key: undefined });
  const client = await openClient(t, stranger);
  let received = '';
  client.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  const head = `POST /known HTTP/1.1\r\nHost: ${HOST}\r\nExpect: 100-continue\r\nContent-Length: 1000000000\r\n\r\n`;
  client.write(head);
  await closed(client);
  t.match(parseAnswers(received), [{ status: 403, headers: { connection: 'close' } }], 'and no 100');
  t.match(await exchange(0), { bytesIn: 0, disposition: 'retire', error: 'client_certificate_required' });
});

t.test('what a stranger sends behind its first request is not looked at', async (t) => {
  const { port, pki, heard } = await setUp(t);
  const stranger = clientOptions(pki, port, { cert: undefined, key: undefined });
  const get = `GET /known HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
  const answers = parseAnswers(await sendRaw(stranger, get.repeat(5)));
  t.equal(answers.length, 1);
  t.equal(heard.exchanges.length, 1);
});
