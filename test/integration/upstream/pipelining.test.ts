// Requests that stand in line on one connection: who may, who never waits long, and what becomes of the others when one of
// them goes wrong. Every answer carries the target of its request.
import type net from 'node:net';
import t, { type Test } from 'tap';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import { startRawUpstream } from '../../support/raw-upstream.ts';
import { until } from '../../support/until.ts';
import { type EndpointSetup, openEndpoint } from '../../support/upstream-endpoint.ts';

process.env['UPSTREAM_CLIENT'] = 'raw';

interface Asked {
  readonly target: string;
  readonly socket: net.Socket;
  /** Which connection, from 0, and which of the chunks that came on it. */
  readonly connection: number;
  readonly chunk: number;
}

const answer = (target: string, more = ''): string =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${target.length}\r\n\r\n${target}`;

/** An app that answers what `mood` says for a target, and as it should where that says nothing. */
async function startApp(t: Test, mood: (asked: Asked) => string | undefined, setup: EndpointSetup = {}) {
  const asked: Asked[] = [];
  const upstream = await startRawUpstream(t, (socket, connection) => {
    let chunk = 0;
    socket.on('data', (bytes: Buffer) => {
      chunk++;
      for (const [, target = ''] of bytes.toString('latin1').matchAll(/^[A-Z]+ (\S+) HTTP\/1\.1\r$/gm)) {
        const one = { target, socket, connection, chunk };
        asked.push(one);
        const text = (target === '/first' ? undefined : mood(one)) ?? answer(target);
        if (text !== '' && !socket.destroyed) socket.write(text, 'latin1');
      }
    });
  });
  const { endpoint, pool } = openEndpoint(t, upstream.url, { pipelining: 4, ...setup });
  const get = (target: string, head = {}): AttemptRecorder =>
    new AttemptRecorder().opens(endpoint, outgoing({ target, ...head }));
  /** A connection that has served is one that lines may form on. */
  await get('/first').ended;
  asked.length = 0;
  return { asked, get, pool, upstream };
}

const bodies = async (sinks: readonly AttemptRecorder[]): Promise<string[]> => {
  await Promise.all(sinks.map(({ ended }) => ended));
  return sinks.map(({ body, error }) => error?.code ?? body);
};
const NOTHING = { inFlight: 0, waiting: 0 };

t.test('requests of one turn leave in one write, and each gets its answer', async (t) => {
  const { asked, get, pool } = await startApp(t, () => undefined);
  const targets = ['/a', '/b', '/c', '/d'];
  t.strictSame(await bodies(targets.map((target) => get(target))), targets);
  t.strictSame(
    asked.map(({ target, connection, chunk }) => [target, connection, chunk]),
    targets.map((target) => [target, 0, 2]),
  );
  t.match(pool.stats, { ...NOTHING, open: 1 });
});

t.test(
  'more than the line takes go elsewhere, one by one where a connection has not served yet',
  async (t) => {
    const { asked, get } = await startApp(t, () => undefined);
    const targets = ['/a', '/b', '/c', '/d', '/e', '/f'];
    t.strictSame(await bodies(targets.map((target) => get(target))), targets);
    t.strictSame(
      asked.filter(({ connection }) => connection === 0).map(({ target }) => target),
      ['/a', '/b', '/c', '/d'],
    );
    t.equal(new Set(asked.slice(-2).map(({ connection }) => connection)).size, 2);
  },
);

t.test('a line is joined while its first waits, and not while its answer is under way', async (t) => {
  const { asked, get } = await startApp(t, ({ connection }) => (connection === 0 ? '' : undefined));
  const slow = get('/slow');
  await until(() => asked.length === 1);
  const joined = get('/joined');
  await until(() => asked.length === 2);
  t.strictSame(
    asked.map(({ connection }) => connection),
    [0, 0],
  );
  asked[0]?.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n/s');
  await slow.gotBody;
  t.equal((await get('/other').ended).body, '/other');
  t.equal(asked[2]?.connection, 1);
  asked[0]?.socket.write(`low${answer('/joined')}`);
  t.strictSame(await bodies([slow, joined]), ['/slow', '/joined']);
});

for (const [what, head] of [
  ['HEAD', { method: 'HEAD' }],
  ['DELETE', { method: 'DELETE' }],
  ['a body', { contentLength: 3 }],
  ['a body of unknown length', { contentLength: undefined }],
  ['an upgrade', { upgrade: 'websocket' }],
  ['a second try', { isFresh: true }],
] as const)
  t.test(`${what} stands in no line, in front of nobody and behind nobody`, async (t) => {
    const { asked, get } = await startApp(t, () => '');
    const sinks = [get('/a'), get('/it', head), get('/b')];
    const [, it] = sinks;
    it?.attempt.write(Buffer.from('abc'));
    it?.attempt.end();
    await until(() => asked.some(({ target }) => target === '/it') && asked.length === 3);
    const taken = asked.find(({ target }) => target === '/it')?.connection;
    t.equal(asked.filter(({ connection }) => connection === taken).length, 1);
    for (const { attempt } of sinks) attempt.abort();
  });

t.test(
  'behind one that is slow nobody waits: they are sent elsewhere, and the connection retires',
  async (t) => {
    let isSlow = true;
    const { asked, get, pool } = await startApp(t, ({ target }) => (isSlow ? '' : answer(target)));
    const sinks = ['/slow', '/b', '/c'].map((target) => get(target));
    await until(() => asked.length === 3);
    isSlow = false;
    t.strictSame(await bodies(sinks.slice(1)), ['/b', '/c']);
    t.strictSame(
      asked
        .slice(3)
        .map(({ target }) => target)
        .sort(),
      ['/b', '/c'],
    );
    t.ok(asked.slice(3).every(({ connection }) => connection !== 0));
    t.strictSame(sinks[0]?.events, [], 'the slow one still waits');
    asked[0]?.socket.write(answer('/slow'));
    t.strictSame(await bodies(sinks), ['/slow', '/b', '/c']);
    await until(() => asked[0]?.socket.destroyed);
    const next = ['/d', '/e'].map((target) => get(target));
    t.strictSame(await bodies(next), ['/d', '/e']);
    t.not(asked.at(-1)?.connection, asked.at(-2)?.connection, 'for a while no lines form');
    t.match(pool.stats, NOTHING);
  },
);

const LONG = 100_000;
for (const [how, head, body] of [
  ['announced', `Content-Length: ${LONG}\r\n`, 'x'.repeat(LONG)],
  ['in chunks', 'Transfer-Encoding: chunked\r\n', `${LONG.toString(16)}\r\n${'x'.repeat(LONG)}\r\n0\r\n\r\n`],
  ['to the close', '', 'x'.repeat(LONG)],
] as const)
  t.test(`behind a large answer, ${how}, nobody waits`, async (t) => {
    const { asked, get } = await startApp(t, ({ target, connection, socket }) => {
      if (target === '/large') socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n${body.slice(0, 70_000)}`);
      return connection === 0 ? '' : undefined;
    });
    const sinks = ['/large', '/b', '/c'].map((target) => get(target));
    t.strictSame(await bodies(sinks.slice(1)), ['/b', '/c']);
    const socket = asked[0]?.socket;
    if (head === '') socket?.end(body.slice(70_000));
    else socket?.write(body.slice(70_000));
    t.equal((await sinks[0]?.ended)?.bodyBytes, LONG);
    await until(() => socket?.destroyed);
  });

for (const [what, code, cut] of [
  ['garbage', 'upstream_protocol', (socket: net.Socket) => socket.write('220 mail.example.com\r\n')],
  ['half a head', 'upstream_reset', (socket: net.Socket) => socket.end('HTTP/1.1 200 OK\r\nX-')],
  ['its end', 'upstream_reset', (socket: net.Socket) => socket.end()],
  ['a reset', 'upstream_reset', (socket: net.Socket) => socket.resetAndDestroy()],
  ['101', 'upstream_upgrade', (socket: net.Socket) => socket.write('HTTP/1.1 101 Switching\r\n\r\n')],
  [
    'two lengths',
    'upstream_protocol',
    (socket: net.Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'),
  ],
] as const)
  t.test(`the first in line gets ${what}: it fails, and the others are sent again`, async (t) => {
    const { asked, get, pool } = await startApp(t, ({ target, connection, socket }) => {
      if (target === '/bad') cut(socket);
      return connection === 0 ? '' : undefined;
    });
    const sinks = ['/bad', '/b', '/c'].map((target) => get(target));
    t.strictSame(await bodies(sinks), [code, '/b', '/c']);
    t.equal(sinks[0]?.sent, 'all');
    t.ok(asked[0]?.socket.destroyed || (await until(() => asked[0]?.socket.destroyed)));
    t.match(pool.stats, NOTHING);
  });

t.test('the last word of an app on a connection sends the others elsewhere', async (t) => {
  const { get } = await startApp(t, ({ target, connection }) =>
    connection === 0 && target === '/b' ? answer(target, 'Connection: close\r\n') : undefined,
  );
  const targets = ['/a', '/b', '/c', '/d'];
  t.strictSame(await bodies(targets.map((target) => get(target))), targets);
});

t.test('an answer too many ends the connection', async (t) => {
  const { asked, get } = await startApp(t, ({ target }) =>
    target === '/b' ? answer('/b') + answer('/x') : undefined,
  );
  t.strictSame(await bodies(['/a', '/b'].map((target) => get(target))), ['/a', '/b']);
  await until(() => asked[0]?.socket.destroyed);
  t.equal((await get('/c').ended).body, '/c');
});

t.test('who gives up leaves the others their place', async (t) => {
  for (const givenUp of [[0], [1], [2], [0, 1], [0, 2], [1, 2]]) {
    const { asked, get, pool } = await startApp(t, ({ connection }) => (connection === 0 ? '' : undefined));
    const targets = ['/a', '/b', '/c'];
    const sinks = targets.map((target) => get(target));
    await until(() => asked.length === 3);
    for (const index of givenUp) sinks[index]?.attempt.abort();
    for (const { socket, target } of asked) socket.write(answer(target));
    const kept = sinks.filter((_, index) => !givenUp.includes(index));
    t.strictSame(
      await bodies(kept),
      targets.filter((_, index) => !givenUp.includes(index)),
    );
    for (const index of givenUp) t.strictSame(sinks[index]?.events, []);
    t.equal(asked.length, 3, 'nothing is sent twice');
    t.match(pool.stats, NOTHING);
  }
});

t.test('where all give up the connection goes, and where the first alone is slow as well', async (t) => {
  const { asked, get, pool } = await startApp(t, ({ connection }) => (connection === 0 ? '' : undefined));
  const sinks = ['/a', '/b', '/c'].map((target) => get(target));
  await until(() => asked.length === 3);
  sinks[0]?.attempt.abort();
  t.strictSame(await bodies(sinks.slice(1)), ['/b', '/c']);
  await until(() => asked[0]?.socket.destroyed);
  t.match(pool.stats, NOTHING);
});

t.test('one that reads slowly holds its own short answer, not those behind it', async (t) => {
  const { get } = await startApp(t, () => undefined);
  const [slow, other] = [get('/slow'), get('/other')];
  slow.attempt.pause();
  t.equal((await other.ended).body, '/other');
  t.equal(slow.body, '');
  slow.attempt.resume();
  t.equal((await slow.ended).body, '/slow');
});
