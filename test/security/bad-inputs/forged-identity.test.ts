// Who is calling is said by TLS alone: whatever a client writes into headers that apps take for the proxy's word is
// gone or overwritten, in every spelling (oauth2-proxy CVE-2025-64484, Caddy CVE-2026-30851, Traefik CVE-2026-29054).
import t from 'tap';
import { ALL_IDENTITY_HEADERS, HOST, startBadInputs } from '../../support/bad-input.ts';
import { foldName } from '../../../src/core/fold-name.ts';

const FORGED = 'forged.example';
const NAMES = [
  'Client-Cert',
  'Client-Cert-Chain',
  'X-Forwarded-Client-Cert',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Port',
  'X-Forwarded-User',
  'Forwarded',
  'X-Real-IP',
  'X-Request-Id',
  'X-Client-Cert',
  'SSL-Client-S-DN',
  'X-SSL-Client-Verify',
];
const request = (fields: string) =>
  `GET /forged HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n${fields}\r\n`;
const recased = (name: string) => [
  name,
  name.toLowerCase(),
  name.toUpperCase(),
  name
    .toLowerCase()
    .replaceAll(/(.)(.)/g, (_, first: string, second: string) => first + second.toUpperCase()),
];
const repunctuated = (name: string) => [
  name.replaceAll('-', '_'),
  name.replaceAll('-', '.'),
  name.replace('-', '_'),
  `${name}_`,
  name.replaceAll('-', '~'),
];

/** Names, folded, under which something of the client's word arrived. */
type Seen = Awaited<ReturnType<typeof startBadInputs>>['seen'];
function forgedIn(seen: ReturnType<Seen>): string[] {
  return seen.flatMap(({ headers }) =>
    [...headers].filter(([, values]) => values.some((value) => value.includes(FORGED))).map(([name]) => name),
  );
}

/** How often each name arrived, whatever its punctuation. */
function timesFolded(headers: ReadonlyMap<string, readonly string[]>, name: string): number {
  let times = 0;
  for (const [other, values] of headers) if (foldName(other) === foldName(name)) times += values.length;
  return times;
}

const ROWS: Record<string, (name: string) => string[]> = {
  'in any case': (name) => recased(name).map((spelled) => `${spelled}: ${FORGED}\r\n`),
  'in duplicate': (name) => [`${name}: ${FORGED}\r\n${name.toLowerCase()}: ${FORGED}\r\n`],
  'listed in Connection': (name) => [
    `Connection: ${name}\r\n${name}: ${FORGED}\r\n`,
    `Connection: keep-alive, ${name.toLowerCase()}\r\n`,
  ],
};

for (const [row, fieldsOf] of Object.entries(ROWS)) {
  t.test(`forged identity headers ${row} never reach the app`, async (t) => {
    const { send, seen } = await startBadInputs(t, ALL_IDENTITY_HEADERS);
    for (const name of NAMES)
      for (const fields of fieldsOf(name)) t.match(await send(request(fields)), /^HTTP\/1\.1 200 /, fields);
    t.strictSame(forgedIn(seen()), []);
    for (const { headers } of seen()) {
      t.match(headers.get('client-cert'), [/^:[A-Za-z0-9+/=]{200,}:$/], 'the certificate of the connection');
      t.match(headers.get('x-forwarded-client-cert'), [/^Hash=[0-9a-f]{64};/]);
      t.strictSame(headers.get('x-forwarded-for'), ['127.0.0.1']);
      t.strictSame(headers.get('x-forwarded-proto'), ['https']);
      t.strictSame(headers.get('x-forwarded-host'), [HOST]);
      t.strictSame(headers.get('forwarded'), [`for=127.0.0.1;host="${HOST}";proto=https`]);
      for (const name of ['X-Real-IP', 'X-Forwarded-Port', 'X-Forwarded-User', 'Client-Cert-Chain'])
        t.equal(timesFolded(headers, name), 0, name);
      t.equal(timesFolded(headers, 'x-request-id'), 1);
    }
  });
}

t.test('forged identity headers in other punctuation are refused by default', async (t) => {
  const { refused, seen } = await startBadInputs(t, ALL_IDENTITY_HEADERS);
  for (const name of ['X-Forwarded-For', 'Client-Cert'])
    for (const spelled of repunctuated(name))
      await refused(request(`${spelled}: ${FORGED}\r\n`), 'bad_header_name');
  t.strictSame(forgedIn(seen()), []);
});

for (const action of ['drop', 'allow'] as const) {
  t.test(`forged identity headers in other punctuation do not pass with ${action}`, async (t) => {
    const config = { ...ALL_IDENTITY_HEADERS, headers_with_underscores_action: action };
    const { send, seen } = await startBadInputs(t, config);
    for (const name of NAMES)
      for (const spelled of repunctuated(name)) {
        const fields = `${spelled}: ${FORGED}\r\nX_Harmless: 1\r\n`;
        t.match(await send(request(fields)), /^HTTP\/1\.1 200 /, spelled);
      }
    t.strictSame(forgedIn(seen()), []);
    for (const { headers } of seen()) {
      t.strictSame(headers.get('x_harmless'), action === 'allow' ? ['1'] : undefined);
      for (const name of NAMES) t.ok(timesFolded(headers, name) <= 1, name);
    }
  });
}

t.test('names that fold to framing or Host are refused even where underscores are allowed', async (t) => {
  const { refused } = await startBadInputs(t, { headers_with_underscores_action: 'allow' });
  for (const name of ['Content_Length', 'Transfer_Encoding', 'Ho.st', 'Connection_'])
    await refused(request(`${name}: 5\r\n`), 'bad_header_name');
});

t.test('forged identity headers in trailers are refused', async (t) => {
  const { refused } = await startBadInputs(t, ALL_IDENTITY_HEADERS);
  for (const name of NAMES) {
    const head = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    await refused(`${head}5\r\nhello\r\n0\r\n${name}: ${FORGED}\r\n\r\n`, 'bad_trailer');
  }
});

t.test('a Connection that names what the proxy says itself takes nothing away', async (t) => {
  const { send, seen } = await startBadInputs(t, ALL_IDENTITY_HEADERS);
  const options = 'close, Client-Cert, X-Forwarded-For, Forwarded, X-Request-Id, Host, Content-Length';
  await send(`POST /all HTTP/1.1\r\nHost: ${HOST}\r\nConnection: ${options}\r\nContent-Length: 2\r\n\r\nok`);
  const [request] = seen();
  t.match(request, { target: '/all', body: 'ok', isWhole: true });
  for (const name of [
    'client-cert',
    'x-forwarded-for',
    'forwarded',
    'x-request-id',
    'host',
    'content-length',
  ])
    t.equal(request?.headers.get(name)?.length, 1, name);
});

t.test('hop-by-hop fields, and those that Connection names, stay on their hop', async (t) => {
  const { send, seen } = await startBadInputs(t);
  const fields =
    'Connection: X-Mine , x-other\r\nX-Mine: 1\r\nX-OTHER: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n' +
    'Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\nTrailer: X\r\nUpgrade: foo\r\n' +
    'HTTP2-Settings: AAMAAABk\r\nX-End-To-End: 1\r\n';
  await send(request(fields));
  // undici says `connection: keep-alive` of its own hop.
  const names = [...(seen()[0]?.headers.keys() ?? [])].filter((name) => name !== 'connection').sort();
  t.strictSame(names, [
    'forwarded',
    'host',
    'x-end-to-end',
    'x-forwarded-client-cert',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-request-id',
  ]);
});
