// A second instance is asked where the first is silent: whoever answers first is heard, and nobody is asked a third time.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { silentObserver } from '../../../src/core/observer.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { type Call, call, clientOptions, closed, openClient } from '../../support/client.ts';
import { startCollector } from '../../support/collector.ts';
import { startH2App } from '../../support/h2-app.ts';
import { startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const HEDGE_MS = 30;
const pki = await makeTestPki();

type Route = Partial<ConfigInput['routes'][number]>;
type Answer = (response: ServerResponse, request: IncomingMessage) => unknown;

/** Its requests wait for the test, unless `answer` says otherwise. */
interface Instance extends TestApp {
  readonly responses: ServerResponse[];
  /** Requests that were given up before they were answered. */
  readonly left: () => number;
  answer: Answer;
}

const HOLDS: Answer = () => {};
const says =
  (text: string): Answer =>
  (response) =>
    response.end(text);

async function startInstance(t: Test, answer: Answer): Promise<Instance> {
  const responses: ServerResponse[] = [];
  let left = 0;
  const app = await startApp(t, (request, response) => {
    responses.push(response);
    response.on('close', () => (left += response.writableFinished ? 0 : 1));
    instance.answer(response, request);
  });
  const instance: Instance = { ...app, responses, left: () => left, answer };
  return instance;
}

/** Two instances, of which the first is asked first. */
async function setUp(
  t: Test,
  answers: readonly [Answer, Answer],
  route: Route = {},
  config: Partial<ConfigInput> = {},
) {
  const [first, second] = [await startInstance(t, answers[0]), await startInstance(t, answers[1])];
  const events: string[] = [];
  const running = await startProxy(
    t,
    {
      routes: [
        {
          from: `https://${HOST}`,
          to: [`${first.url},1000`, `${second.url},1`],
          hedge_after: `${HEDGE_MS}ms`,
          ...route,
        },
      ],
      ...config,
    },
    {
      observer: {
        ...silentObserver,
        warning: ({ code }) => events.push(code),
        exchange: (record) => running.heard.exchanges.push(record),
      },
    },
  );
  const ask = (made: Call = {}) => call(clientOptions(pki, running.port), made);
  return { ...running, first, second, events, ask };
}

/** Every hedge that was to come has come: a timer set later is not over before. */
const hedgesAreOver = (): Promise<unknown> => wait(2 * HEDGE_MS);

t.test('a silent instance is given up for one that answers, and is not blamed', async (t) => {
  const { first, second, ask, exchange, events } = await setUp(t, [HOLDS, says('second')]);
  for (let n = 1; n <= 6; n++) {
    t.equal((await ask()).body, 'second');
    t.match(await exchange(n - 1), { status: 200, attempts: 2, endpoint: second.url });
    t.equal(first.requests.length, n);
    await until(() => first.left() === n);
  }
  t.notOk(events.includes('upstream_unhealthy'));
});

t.test('one that answers in time is the only one asked', async (t) => {
  const { second, ask, exchange } = await setUp(t, [says('first'), HOLDS], { hedge_after: '1h' });
  t.equal((await ask()).body, 'first');
  t.match(await exchange(0), { attempts: 1 });
  t.equal(second.requests.length, 0);
});

t.test('the first is heard if it is faster after all', async (t) => {
  const { first, second, ask, exchange } = await setUp(t, [HOLDS, HOLDS]);
  const asked = ask();
  await until(() => second.responses.length === 1);
  first.responses[0]?.end('first');
  t.equal((await asked).body, 'first');
  await until(() => second.left() === 1);
  t.match(await exchange(0), { attempts: 2, endpoint: first.url });
});

for (const [what, made] of [
  ['a POST', { method: 'POST' }],
  ['a POST with a body', { method: 'POST', body: 'x' }],
  ['a PUT', { method: 'PUT' }],
  ['a GET with a body', { method: 'GET', body: 'x', headers: { 'content-length': '1' } }],
] as const)
  t.test(`${what} is never asked of two`, async (t) => {
    const { first, second, ask, exchange } = await setUp(t, [HOLDS, says('second')]);
    const asked = ask(made);
    await until(() => first.responses.length === 1);
    await hedgesAreOver();
    first.responses[0]?.end('first');
    t.equal((await asked).body, 'first');
    t.equal(second.requests.length, 0);
    t.match(await exchange(0), { attempts: 1 });
  });

t.test('HEAD and OPTIONS are', async (t) => {
  const { ask, exchange } = await setUp(t, [HOLDS, says('second')]);
  t.equal((await ask({ method: 'HEAD' })).status, 200);
  t.equal((await ask({ method: 'OPTIONS' })).body, 'second');
  t.match([await exchange(0), await exchange(1)], [{ attempts: 2 }, { attempts: 2 }]);
});

t.test('a fault of one waits for the other', async (t) => {
  const { first, second, ask, exchange, events } = await setUp(t, [HOLDS, HOLDS], {
    outlier_detection: { consecutive_local_origin_failure: 1 },
  });
  const asked = ask();
  await until(() => second.responses.length === 1);
  first.responses[0]?.destroy();
  await until(() => events.includes('upstream_unhealthy'));
  second.responses[0]?.end('second');
  t.equal((await asked).body, 'second');
  t.match(await exchange(0), { status: 200, attempts: 2, endpoint: second.url });
});

t.test('where both fail it is an error, and nobody is asked a third time', async (t) => {
  const { first, second, ask, exchange } = await setUp(t, [HOLDS, HOLDS]);
  const asked = ask();
  await until(() => second.responses.length === 1);
  second.responses[0]?.destroy();
  await until(() => second.left() === 1);
  first.responses[0]?.destroy();
  t.equal((await asked).status, 502);
  t.match(await exchange(0), { attempts: 2, error: 'upstream_reset' });
  t.strictSame([first.requests.length, second.requests.length], [1, 1]);
});

t.test('a request that was tried again is not hedged', async (t) => {
  const { first, second, ask, exchange } = await setUp(t, [(response) => response.destroy(), HOLDS]);
  const asked = ask();
  await until(() => second.responses.length === 1);
  await hedgesAreOver();
  second.responses[0]?.end('second');
  t.equal((await asked).body, 'second');
  t.equal(first.requests.length, 1);
  t.match(await exchange(0), { attempts: 2 });
});

t.test('there is a budget for second tries, and places in it come back', async (t) => {
  const { first, second, ask, heard } = await setUp(t, [HOLDS, HOLDS]);
  const total = (): number => first.requests.length + second.requests.length;
  for (const round of [1, 2]) {
    const asked = Array.from({ length: 8 }, () => ask());
    await until(() => total() === round * 11);
    await hedgesAreOver();
    t.equal(total(), round * 11);
    for (const response of [...first.responses, ...second.responses]) response.end('x');
    await Promise.all(asked);
  }
  const attempts = heard.exchanges.map((record) => record.attempts);
  t.equal(attempts.filter((count) => count === 2).length, 6);
});

t.test('an app that may have no more on its hands is not asked twice', async (t) => {
  const { first, second, ask } = await setUp(t, [HOLDS, says('second')], {
    circuit_breaker_thresholds: { max_requests: 1 },
  });
  const asked = ask();
  await until(() => first.responses.length === 1);
  await hedgesAreOver();
  first.responses[0]?.end('first');
  t.equal((await asked).body, 'first');
  t.equal(second.requests.length, 0);
});

t.test('a client that leaves has both given up', async (t) => {
  const { first, second, port, exchange } = await setUp(t, [HOLDS, HOLDS]);
  const client = await openClient(t, clientOptions(pki, port));
  client.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await until(() => second.responses.length === 1);
  client.end();
  await closed(client.resume());
  await until(() => first.left() + second.left() === 2);
  t.match(await exchange(0), { error: 'client_closed', attempts: 2 });
});

t.test('in a trace each has a span of its own, which its instance is told', async (t) => {
  const { url } = await startCollector(t);
  const traced = { otel_traces_exporter: 'otlp', otel_exporter_otlp_endpoint: url } as const;
  const { first, second, ask, exchange } = await setUp(t, [HOLDS, says('second')], {}, traced);
  await ask();
  const attempts = (await exchange(0)).trace?.attempts ?? [];
  t.match(attempts, [
    { endpoint: first.url, status: 0, error: undefined },
    { endpoint: second.url, status: 200, error: undefined },
  ]);
  t.ok((attempts[0]?.endedMs ?? 0) >= HEDGE_MS);
  for (const [index, { requests }] of [first, second].entries())
    t.ok(requests[0]?.headers['traceparent']?.includes(attempts[index]?.spanId ?? 'none'));
});

const hints = (path: string) => ({ link: `<${path}>; rel=preload` });

t.test('interim answers are of one instance', async (t) => {
  const { first, second, port } = await setUp(t, [HOLDS, HOLDS]);
  const client = await openClient(t, clientOptions(pki, port));
  let text = '';
  client.on('data', (chunk: Buffer) => (text += chunk.toString()));
  client.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await until(() => second.responses.length === 1);
  // Two are under way: whoever is not heard has said nothing.
  await new Promise<void>((resolve) => first.responses[0]?.writeEarlyHints(hints('/first'), resolve));
  second.responses[0]?.writeEarlyHints(hints('/second'));
  second.responses[0]?.end('second');
  await until(() => text.endsWith('second'));
  t.match(text, /^HTTP\/1\.1 103 [^]*<\/second>[^]*HTTP\/1\.1 200 /);
  t.notMatch(text, '/first');
  // It speaks before anybody else is asked, and is heard to the end.
  text = '';
  first.answer = (response) => response.writeEarlyHints(hints('/alone'));
  client.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await until(() => text.includes('/alone'));
  await hedgesAreOver();
  first.responses[1]?.end('first');
  await until(() => text.endsWith('first'));
  t.equal(second.requests.length, 1);
});

for (const upstream_client of ['raw', 'undici'] as const)
  t.test(`what comes late on a connection that was given up is nobody's (${upstream_client})`, async (t) => {
    const { first, second, ask } = await setUp(t, [HOLDS, (response, { url }) => response.end(url)], {
      upstream_client,
    });
    for (let n = 0; n < 10; n++) {
      t.equal((await ask({ path: `/${n}` })).body, `/${n}`);
      first.responses.at(-1)?.end('late');
    }
    first.answer = second.answer;
    for (let n = 0; n < 20; n++) t.equal((await ask({ path: `/again/${n}` })).body, `/again/${n}`);
  });

t.test('in HTTP/2 the connection of what was given up serves on', async (t) => {
  let isSilent = true;
  const silent = await startH2App(t, (stream, headers) => {
    if (isSilent) return;
    stream.respond({ ':status': 200 });
    stream.end(`first ${headers[':path']}`);
  });
  const other = await startH2App(t, (stream, headers) => {
    stream.respond({ ':status': 200 });
    stream.end(`second ${headers[':path']}`);
  });
  const { port } = await startProxy(t, {
    routes: [
      {
        from: `https://${HOST}`,
        to: [`${silent.url},1000`, `${other.url},1`],
        allow_h2: true,
        hedge_after: `${HEDGE_MS}ms`,
      },
    ],
  });
  const ask = async (path: string) => (await call(clientOptions(pki, port), { path })).body;
  for (let n = 0; n < 4; n++) t.equal(await ask(`/${n}`), `second /${n}`);
  isSilent = false;
  for (let n = 0; n < 4; n++) t.equal(await ask(`/${n}`), `first /${n}`);
  t.equal(silent.sessions.length, 1);
});
