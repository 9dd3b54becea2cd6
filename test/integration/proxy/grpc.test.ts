// gRPC from end to end, by @grpc/grpc-js on both ends and mutual TLS on both legs: what comes out is what went in.
import {
  type ClientDuplexStream,
  type ClientReadableStream,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { echoClient, startEchoServer } from '../../support/grpc.ts';
import { startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();

async function setUp(t: Test, route: Partial<ConfigInput['routes'][number]> = {}) {
  const server = await startEchoServer(t);
  const from = `https://${HOST}`;
  const routes = [{ from, to: `https://localhost:${server.port}`, allow_h2: true, timeout: '0', ...route }];
  const running = await startProxy(t, { routes });
  const client = await echoClient(t, running.port, HOST, pki.client);
  return { ...running, server, client };
}

interface Unary {
  readonly response?: Buffer;
  readonly error?: ServiceError;
  readonly metadata: Record<string, unknown>;
  readonly trailers: Record<string, unknown>;
}

/** One call with one answer. */
function unary(call: (...args: never[]) => unknown, ...args: unknown[]): Promise<Unary> {
  return new Promise((resolve) => {
    let metadata: Record<string, unknown> = {};
    const done = (error: ServiceError | null, response?: Buffer): void =>
      resolve({
        ...(response !== undefined && { response }),
        ...(error !== null && { error }),
        metadata,
        trailers: error?.metadata.getMap() ?? {},
      });
    const running = (call as (...all: unknown[]) => NodeJS.EventEmitter)(...args, done);
    running.on('metadata', (found: Metadata) => (metadata = found.getMap()));
  });
}

t.test('unary: message and metadata both ways', async (t) => {
  const { client, server, exchange } = await setUp(t);
  const metadata = new Metadata();
  metadata.set('x-tenant', 'blue');
  metadata.set('x-token-bin', Buffer.from([0, 255, 1]));
  const call = client.unary.bind(client);
  const answer = await unary(call, Buffer.from('hello'), metadata);
  t.equal(answer.error, undefined);
  t.equal(answer.response?.toString(), 'hello');
  t.match(answer.metadata, { 'x-tenant': 'blue', 'x-token-bin': Buffer.from([0, 255, 1]) });
  t.match(
    server.metadata()['x-forwarded-client-cert'],
    /URI=spiffe:\/\/example\.com\/alice/,
    'and who calls',
  );
  t.match(await exchange(0), { version: 'HTTP/2', status: 200, method: 'POST', path: '/test.Echo/Unary' });
  const big = Buffer.alloc(3_000_000, 'x');
  t.ok((await unary(call, big)).response?.equals(big), 'three megabytes');
});

t.test('a status of the app, with its words', async (t) => {
  const { client } = await setUp(t);
  const { error } = await unary(client.fail.bind(client), Buffer.alloc(0));
  t.match(error, { code: status.FAILED_PRECONDITION, details: 'not now: ünlucky' });
});

t.test('a stream from the client, one to it, and both at once', async (t) => {
  const { client } = await setUp(t);
  const collected = await new Promise((resolve, reject) => {
    const stream = client.collect((error: ServiceError | null, answer: Buffer) =>
      error === null ? resolve(answer.toString()) : reject(error),
    ) as ClientDuplexStream<Buffer, Buffer>;
    for (const part of ['a', 'b', 'c']) stream.write(Buffer.from(part));
    stream.end();
  });
  t.equal(collected, 'abc');

  const counted: string[] = [];
  const count = client.count(Buffer.from('500')) as ClientReadableStream<Buffer>;
  count.on('data', (part: Buffer) => counted.push(part.toString()));
  await once(count, 'end');
  t.strictSame(
    counted,
    Array.from({ length: 500 }, (_, index) => String(index)),
  );

  const talk = client.talk() as ClientDuplexStream<Buffer, Buffer>;
  for (const word of ['one', 'two', 'three']) {
    talk.write(Buffer.from(word));
    const [answer] = await once(talk, 'data');
    t.equal(String(answer), `re: ${word}`, 'each before the next is said');
  }
  talk.end();
  const [end] = await once(talk, 'status');
  t.match(end, { code: status.OK });
});

t.test('a deadline and a cancellation reach the app', async (t) => {
  const { client, server } = await setUp(t);
  const deadline = { deadline: Date.now() + 300 };
  const { error } = await unary(client.slow.bind(client), Buffer.alloc(0), new Metadata(), deadline);
  t.match(error, { code: status.DEADLINE_EXCEEDED });
  await until(() => server.cancelled.includes('slow'));

  const count = client.count(Buffer.from('1000000')) as ClientReadableStream<Buffer>;
  count.on('error', () => {});
  await once(count, 'data');
  count.cancel();
  await until(() => server.cancelled.includes('count'));
  t.equal((await unary(client.unary.bind(client), Buffer.from('x'))).response?.toString(), 'x');
});

t.test('many calls at once on few connections', async (t) => {
  const { client, proxy } = await setUp(t);
  const call = client.unary.bind(client);
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, index) => unary(call, Buffer.from(String(index)))),
  );
  t.ok(answers.every(({ response }, index) => response?.toString() === String(index)));
  t.ok(proxy.connections <= 4);
});

t.test('a refusal of the proxy is a status of gRPC', async (t) => {
  const { client, port } = await setUp(t, {
    policy: [{ allow: { and: [{ http_path: { is: '/test.Echo/Unary' } }] } }],
  });
  t.equal((await unary(client.unary.bind(client), Buffer.from('x'))).error, undefined);
  t.match((await unary(client.fail.bind(client), Buffer.from('x'))).error, {
    code: status.PERMISSION_DENIED,
  });
  const nobody = await echoClient(t, port, HOST);
  t.match((await unary(nobody.unary.bind(nobody), Buffer.from('x'))).error, { code: status.UNAUTHENTICATED });
});

t.test('an app that is not there, and one that goes away', async (t) => {
  const { client } = await setUp(t, { to: 'https://localhost:1' });
  t.match((await unary(client.unary.bind(client), Buffer.from('x'))).error, { code: status.UNAVAILABLE });
});
