import { array, assert, nat, property, tuple, uint8Array } from '../../support/property.ts';
import t from 'tap';
import { type HelloResult, parseClientHello } from '../../../src/edge/client-hello.ts';
import {
  catchHello,
  extension,
  inRecords,
  makeHello,
  messageOf,
  serverNames,
  vector,
} from '../../support/client-hello.ts';

const NAME = 'app.sallyport.localhost';
const hello = await catchHello({ servername: NAME, ALPNProtocols: ['h2', 'http/1.1'] });
const old = await catchHello({ servername: NAME, maxVersion: 'TLSv1.2' });
const EXPECTED = { sni: NAME, alpn: ['h2', 'http/1.1'] };

const isWaiting = (result: HelloResult): result is { needed: number } =>
  typeof result === 'object' && 'needed' in result;
const nameIn = (result: HelloResult) =>
  typeof result === 'object' && 'sni' in result ? result.sni : undefined;

t.test('a real hello gives its name and its protocols', async (t) => {
  t.ok(hello.length > 1400, 'a hybrid key share: larger than one segment');
  t.strictSame(parseClientHello(hello), EXPECTED);
  t.strictSame(parseClientHello(old), { sni: NAME, alpn: [] });
});

t.test('a hello without a name has none', async (t) => {
  t.match(parseClientHello(await catchHello({})), { sni: undefined });
  t.match(parseClientHello(inRecords(makeHello(undefined))), { sni: undefined }, 'no extensions at all');
});

t.test('cut after any byte it waits for more, and never for more than there will be', async (t) => {
  for (const bytes of [hello, old])
    for (let length = 0; length < bytes.length; length++) {
      const result = parseClientHello(bytes.subarray(0, length));
      if (!isWaiting(result) || result.needed <= length || result.needed > bytes.length)
        t.fail(`${length} of ${bytes.length} bytes: ${JSON.stringify(result)}`);
    }
});

t.test('records of any size make the same hello', async (t) => {
  const message = messageOf(hello);
  for (const size of [1, 2, 3, 4, 5, 7, 100, 1000, message.length - 1])
    t.strictSame(parseClientHello(inRecords(message, size)), EXPECTED, `${size} bytes a record`);
});

t.test(
  'one byte a record, each in its own segment, is asked for a few dozen times, not thousands',
  async (t) => {
    const bytes = inRecords(messageOf(hello), 1);
    let asked = 0;
    let result: HelloResult = { needed: 1 };
    while (isWaiting(result)) {
      asked++;
      result = parseClientHello(bytes.subarray(0, result.needed));
    }
    t.strictSame(result, EXPECTED);
    t.ok(asked < 100, `asked ${asked} times for ${bytes.length} bytes`);
  },
);

t.test('a length that will never be met is known as soon as it is announced', async (t) => {
  const result = parseClientHello(Buffer.from('16030100040100ffff', 'hex'));
  t.ok(isWaiting(result) && result.needed > 65_535, JSON.stringify(result));
});

t.test('what follows the hello does not matter', async (t) => {
  t.strictSame(parseClientHello(Buffer.concat([hello, Buffer.from('garbage')])), EXPECTED);
});

t.test('unknown and GREASE extensions are passed over (RFC 8701)', async (t) => {
  const grease = [0x0a0a, 0x1a1a, 0xfafa].map((type) => extension(type, Buffer.alloc(1)));
  const [first, ...rest] = grease;
  const message = makeHello([first ?? Buffer.alloc(0), serverNames([NAME]), ...rest]);
  t.match(parseClientHello(inRecords(message)), { sni: NAME });
});

t.test('a name has one spelling', async (t) => {
  for (const spelling of ['APP.Sallyport.LOCALHOST', `${NAME}.`, `${NAME.toUpperCase()}.`])
    t.match(parseClientHello(inRecords(makeHello([serverNames([spelling])]))), { sni: NAME }, spelling);
});

t.test('whatever is not exactly one name of a host is malformed', async (t) => {
  const bad: Record<string, Buffer> = {
    'two names': serverNames([NAME, 'admin.sallyport.localhost']),
    'the same name twice': serverNames([NAME, NAME]),
    'no name': serverNames([]),
    'an empty name': serverNames(['']),
    'a dot': serverNames(['.']),
    'two trailing dots': serverNames([`${NAME}..`]),
    'another type of name': serverNames([NAME], 1),
    'a NUL': serverNames([`${NAME}\0.evil.test`]),
    'a space': serverNames([`${NAME} `]),
    'a port': serverNames([`${NAME}:443`]),
    'a path': serverNames(['a/b']),
    'a line break': serverNames([`${NAME}\r\nx: y`]),
    'UTF-8, where A-labels belong (RFC 6066 3)': serverNames(['bücher.example']),
    'a soft hyphen, which IDNA would drop': serverNames([Buffer.from('ad\xadmin.example', 'latin1')]),
    'an IPv6 address in brackets': serverNames(['[::1]']),
    'a wildcard': serverNames(['*.sallyport.localhost']),
    'a name of 300 bytes': serverNames(['a.'.repeat(150)]),
    'a list shorter than its body': extension(0, Buffer.concat([vector(2), Buffer.from([1])])),
    'a list longer than its body': extension(0, Buffer.from([0, 9, 0, 0, 1, 97])),
    'an empty extension': extension(0, Buffer.alloc(0)),
    'bytes after the list': extension(0, Buffer.concat([serverNames([NAME]).subarray(4), Buffer.from([0])])),
  };
  for (const [what, names] of Object.entries(bad))
    t.equal(parseClientHello(inRecords(makeHello([names]))), 'malformed_hello', what);
});

t.test('an extension given twice is malformed, whichever it is', async (t) => {
  const twice = [serverNames([NAME]), serverNames(['admin.sallyport.localhost'])];
  t.equal(parseClientHello(inRecords(makeHello(twice))), 'malformed_hello');
  const unknown = extension(0x1234, Buffer.alloc(0));
  t.equal(parseClientHello(inRecords(makeHello([unknown, unknown]))), 'malformed_hello');
});

t.test('a malformed list of protocols is malformed', async (t) => {
  const lists = [Buffer.alloc(0), vector(2), vector(2, Buffer.from([5, 104])), Buffer.from([0, 1, 0, 0])];
  for (const list of lists)
    t.equal(parseClientHello(inRecords(makeHello([extension(16, list)]))), 'malformed_hello');
});

t.test('wrong lengths are malformed', async (t) => {
  const message = makeHello([serverNames([NAME])]);
  const sessionIdAt = 4 + 2 + 32;
  const extensionsAt = message.length - serverNames([NAME]).length - 2;
  for (const at of [sessionIdAt, extensionsAt, extensionsAt + 1, extensionsAt + 5])
    for (const by of [-1, 1]) {
      const wrong = Buffer.from(message);
      wrong[at] = (wrong.readUInt8(at) + by) & 0xff;
      t.equal(parseClientHello(inRecords(wrong)), 'malformed_hello', `byte ${at} by ${by}`);
    }
  const surplus = Buffer.concat([makeHello(undefined), Buffer.from([0])]);
  surplus.writeUIntBE(surplus.length - 4, 1, 3);
  t.equal(parseClientHello(inRecords(surplus)), 'malformed_hello', 'a single byte where extensions would be');
});

t.test('records that cannot begin or carry a hello are refused at once', async (t) => {
  const cases: readonly [string, HelloResult][] = [
    ['1603010000', 'malformed_hello'],
    ['16030140010100', 'malformed_hello'],
    ['160401000101', 'malformed_hello'],
    ['160301000102', 'malformed_hello'],
    ['16030100010115030100020100', 'malformed_hello'],
    ['15030100020228', 'not_tls'],
    ['170301000101', 'not_tls'],
    // SSLv2: a two-byte length with the top bit set, then CLIENT-HELLO.
    ['802e0100020015000000100100800300800700c0', 'not_tls'],
    ['00', 'not_tls'],
    ['ff', 'not_tls'],
  ];
  for (const [hex, expected] of cases) t.strictSame(parseClientHello(Buffer.from(hex, 'hex')), expected, hex);
});

t.test('plain HTTP is told from other noise', async (t) => {
  for (const text of ['GET / HTTP/1.1\r\n', 'PRI * HTTP/2.0', 'OPTIONS *', 'CONNECT a:1', 'G', 'GET'])
    t.equal(parseClientHello(Buffer.from(text)), 'plain_http', text);
  for (const text of ['get / HTTP/1.1', 'SSH-2.0-OpenSSH_9', '\r\n', ' GET /', 'GETTOGETHER / HTTP/1.1'])
    t.equal(parseClientHello(Buffer.from(text)), 'not_tls', text);
});

t.test('mutated bytes never throw and never make another known name', async () => {
  const others = new Set(['admin.sallyport.localhost', 'sallyport.localhost', 'localhost']);
  const position = nat({ max: hello.length - 1 });
  const edits = array(tuple(position, nat({ max: 255 })), { minLength: 1, maxLength: 6 });
  assert(
    property(edits, nat({ max: hello.length }), (changes, length) => {
      const bytes = Buffer.from(hello);
      for (const [at, value] of changes) bytes[at] = value;
      return !others.has(nameIn(parseClientHello(bytes.subarray(0, length))) ?? '');
    }),
    { numRuns: 3000 },
  );
  assert(
    property(uint8Array({ maxLength: 400 }), (noise) => {
      const message = Buffer.from(noise);
      parseClientHello(message);
      parseClientHello(inRecords(Buffer.concat([Buffer.from([1]), vector(3, message)])));
      return true;
    }),
    { numRuns: 3000 },
  );
});
