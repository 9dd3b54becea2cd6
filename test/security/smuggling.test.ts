// Request smuggling through the whole proxy: hostile bytes in front of an innocent request, against an app that would
// fall for every trick. Whatever reaches the app must be readable in one way only (RFC 9112 11.2).
import * as fc from '../support/property.ts';
import t from 'tap';
import { ERRORS } from '../../src/core/errors.ts';
import { parseAnswers } from '../support/answers.ts';
import { clientOptions, sendRaw } from '../support/client.ts';
import { HOSTILE_MESSAGES, type HostileMessage } from '../support/hostile-messages.ts';
import { type RecordedRequest, readRecorded, startLenientUpstream } from '../support/lenient-upstream.ts';
import { startProxy } from '../support/proxy.ts';

const AT_ONCE = 16;

interface Teardown {
  teardown(fn: () => unknown): void;
}

async function setUp(t: Teardown) {
  const app = await startLenientUpstream(t);
  const hosts = ['a', 'b', 'app.example', '*.app.sallyport.localhost'];
  const { port, pki, heard } = await startProxy(t, {
    routes: hosts.map((host) => ({ from: `https://${host}`, to: app.url })),
    // Nobody waits long for what a damaged burst leaves out.
    header_timeout: '200ms',
    timeout_idle: '200ms',
    min_request_body_grace: '200ms',
    max_connections_per_address: 10_000,
  });
  return { app, heard, send: (bytes: string) => sendRaw(clientOptions(pki, port), bytes) };
}

const innocent = (n: number) => `GET /innocent-${n} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;

/** Every request that the app can have seen, on whatever connection. */
function allRecorded(connections: readonly string[]): RecordedRequest[] {
  return connections.flatMap((text) => readRecorded(text));
}

/** What is wrong with what the client of a hostile burst got, or undefined. */
function clientFault({ code, text }: HostileMessage, received: string): string | undefined {
  const answers = parseAnswers(received);
  const [answer] = answers;
  if (answers.length !== 1 || answer === undefined) return `${answers.length} answers to ${text}`;
  if (answer.status !== ERRORS[code].status) return `${answer.status} for ${code}: ${text}`;
  if (answer.headers['connection'] !== 'close') return `not closed: ${text}`;
  return answer.body.includes(code) ? undefined : `${answer.body} for ${code}: ${text}`;
}

t.test('a hostile message ends its connection, and neither it nor what follows reaches an app', async (t) => {
  const { app, heard, send } = await setUp(t);
  const faults: string[] = [];
  for (let from = 0; from < HOSTILE_MESSAGES.length; from += AT_ONCE) {
    const batch = HOSTILE_MESSAGES.slice(from, from + AT_ONCE);
    await Promise.all(
      batch.map(async (message, i) => {
        const fault = clientFault(message, await send(message.text + innocent(from + i)));
        if (fault !== undefined) faults.push(fault);
      }),
    );
  }
  t.strictSame(faults, []);
  // A message that is only hostile in its body may have begun to reach the app; it must never look complete.
  t.strictSame(
    allRecorded(app.recorded()).filter(({ isWhole, target }) => isWhole || target !== '/'),
    [],
  );
  t.equal(heard.exchanges.length, HOSTILE_MESSAGES.length, 'one record each');
  t.strictSame(heard.warnings, []);
});

t.test('a hostile message behind a good one does not touch the good one', async (t) => {
  const { app, send } = await setUp(t);
  const faults: string[] = [];
  const sample = HOSTILE_MESSAGES.filter((_, i) => i % 5 === 0);
  for (let from = 0; from < sample.length; from += AT_ONCE) {
    const batch = sample.slice(from, from + AT_ONCE);
    await Promise.all(
      batch.map(async (message, i) => {
        const target = `/good-${from + i}`;
        const good = `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`;
        const received = await send(good + message.text + innocent(from + i));
        const [first, second, ...more] = parseAnswers(received);
        if (first?.body !== target || !first.isWhole) faults.push(`the good one: ${received}`);
        if (second?.status !== ERRORS[message.code].status || more.length > 0)
          faults.push(`the hostile one: ${message.text} got ${received}`);
      }),
    );
  }
  t.strictSame(faults, []);
  const whole = allRecorded(app.recorded()).filter(({ isWhole }) => isWhole);
  t.equal(whole.length, sample.length);
  t.ok(whole.every(({ target, body }) => target.startsWith('/good-') && body === 'hello'));
});

const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'),
  body: fc.constantFrom('', 'x', 'hello', innocent(0), '0\r\n\r\n', `5\r\nhello\r\n0\r\n\r\n${innocent(0)}`),
  isChunked: fc.boolean(),
  extra: fc.constantFrom(
    '',
    'Connection: keep-alive\r\n',
    'X: Content-Length: 5\r\n',
    'Connection: host\r\n',
  ),
});

t.test(
  'requests sent at once reach the app as themselves, answered in order, whatever their bodies say',
  async (t) => {
    const { app, send } = await setUp(t);
    let run = 0;
    const property = fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 5 }), async (requests) => {
      run++;
      const burst = requests.map(({ method, body, isChunked, extra }, i) => {
        const framed = isChunked
          ? `Transfer-Encoding: chunked\r\n\r\n${body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`
          : `Content-Length: ${body.length}\r\n\r\n${body}`;
        return `${method} /${run}-${i} HTTP/1.1\r\nHost: a\r\n${extra}${framed}`;
      });
      const answers = parseAnswers(await send(burst.join('') + innocent(run)));
      const expected = requests.map(({ method, body }, i) => ({ method, target: `/${run}-${i}`, body }));
      const seen = allRecorded(app.recorded()).filter(({ target }) => target.startsWith(`/${run}-`));
      const found = seen.map(({ method, target, body }) => ({ method, target, body }));
      // One client's requests go one after the other, but not always over the same connection to the app.
      found.sort((one, other) => one.target.localeCompare(other.target));
      if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(JSON.stringify(found));
      const targets = [...expected.map(({ target }) => target), `/innocent-${run}`];
      const bodies = answers.map(({ body }) => body);
      if (JSON.stringify(bodies) !== JSON.stringify(targets)) throw new Error(JSON.stringify(bodies));
    });
    await t.resolves(fc.assert(property, { numRuns: 100 }));
  },
);

t.test('of damaged bursts the app sees unambiguous requests, and each client its own answers', async (t) => {
  const { app, send } = await setUp(t);
  const pieces = '\r|\n|\r\n|\0| |\t|:|,|;|0|5|a|\xa0|\x0b|"|chunked|Content-Length: 5\r\n|0\r\n\r\n';
  const damage = fc.record({
    at: fc.integer({ min: 0, max: 999 }),
    removed: fc.nat(2),
    inserted: fc.constantFrom('', ...pieces.split('|')),
  });
  const bursts = fc.sample(
    fc.record({
      text: fc.oneof(fc.constantFrom(...HOSTILE_MESSAGES.map(({ text }) => text)), {
        arbitrary: fc.constantFrom(...FRAMED),
        weight: 3,
      }),
      damages: fc.array(damage, { minLength: 1, maxLength: 3 }),
    }),
    { numRuns: 600, seed: 20_260_101 },
  );
  let answered = 0;
  const faults: string[] = [];
  for (let from = 0; from < bursts.length; from += AT_ONCE * 4) {
    const batch = bursts.slice(from, from + AT_ONCE * 4);
    await Promise.all(
      batch.map(async ({ text, damages }, i) => {
        const burst = damages.reduce((damaged, { at, removed, inserted }) => {
          const cut = Math.floor((at * damaged.length) / 1000);
          return damaged.slice(0, cut) + inserted + damaged.slice(cut + removed);
        }, text);
        const tag = `innocent-${from + i}`;
        const received = await send(burst + innocent(from + i));
        const others = received.match(/innocent-\d+/g)?.filter((other) => other !== tag) ?? [];
        if (others.length > 0) faults.push(`${burst} got ${others.join()}`);
        if (received.includes(`\r\n\r\n/${tag}`)) answered++;
      }),
    );
  }
  t.strictSame(faults, []);
  const seen = allRecorded(app.recorded());
  t.ok(answered > 10, `${answered} bursts were good enough for what follows them to be answered`);
  t.ok(seen.length >= answered, `${seen.length} requests reached the app, each in one reading`);
});

const FRAMED = [
  'POST /framed HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'POST /framed HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'POST /framed HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n',
  'GET /framed?x HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nX-Y: z\r\n\r\n',
];
