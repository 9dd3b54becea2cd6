// Hundreds of requests in lines, to an app that goes wrong in every way in the midst of them, some given up or read slowly:
// whoever gets an answer gets its own, each has one end, and nothing is left.
import type net from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

import t from 'tap';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import * as fc from '../../support/property.ts';
import { startRawUpstream } from '../../support/raw-upstream.ts';
import { openEndpoint } from '../../support/upstream-endpoint.ts';

process.env['UPSTREAM_CLIENT'] = 'raw';

const sized = (body: string, more = ''): string =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
const chunked = (body: string): string =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

/** What the app does with a request, by the first digit of its token. */
const MOODS: readonly ((socket: net.Socket, token: string) => unknown)[] = [
  (socket, token) => socket.write(sized(token)),
  (socket, token) => socket.write(chunked(token)),
  (socket, token) => socket.write(`HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${sized(token)}`),
  (socket, token) => socket.end(sized(token, 'Connection: close\r\n')),
  (socket, token) => socket.write(sized(token + '.'.repeat(100_000))),
  (socket, token) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${token}`),
  (socket) => socket.end(),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.write('nonsense\r\n\r\n'),
  (socket, token) => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n${token}`),
];
const GOOD_MOODS = 6;

/** Answers in order, each in a turn of its own, as an app does that takes its time. */
function serve(socket: net.Socket): void {
  const tokens: string[] = [];
  let isBusy = false;
  socket.on('data', (bytes: Buffer) => {
    for (const [, token = ''] of bytes.toString('latin1').matchAll(/^GET \/(\S+) HTTP\/1\.1\r$/gm))
      tokens.push(token);
    if (!isBusy) void answerAll();
  });
  async function answerAll(): Promise<void> {
    isBusy = true;
    for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
      await nextTurn();
      if (!socket.writable) return;
      MOODS[Number(token[0])]?.(socket, token);
    }
    isBusy = false;
  }
}

interface Wave {
  readonly moods: readonly number[];
  readonly given: readonly number[];
  readonly slow: readonly number[];
}

const mood = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(0, 1, 2) },
  { weight: 1, arbitrary: fc.nat(MOODS.length - 1) },
);
const index = fc.nat(30);
const wave: fc.Arbitrary<Wave> = fc.record({
  moods: fc.array(mood, { minLength: 1, maxLength: 30 }),
  given: fc.array(index, { maxLength: 3 }),
  slow: fc.array(index, { maxLength: 3 }),
});

t.test('no answer is ever another one', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => serve(socket));
  let served = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(wave, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 2, max: 16 }),
      async (waves, pipelining) => {
        const { endpoint, pool } = openEndpoint(t, upstream.url, {
          pipelining,
          maxConnections: 5,
          maxWaiting: 1000,
        });
        const sinks: { sink: AttemptRecorder; token: string; isGivenUp: boolean }[] = [];
        for (const { moods, given, slow } of waves) {
          for (const [i, of] of moods.entries()) {
            const token = `${of}-${sinks.length}-${served}`;
            const sink = new AttemptRecorder().opens(endpoint, outgoing({ target: `/${token}` }));
            sinks.push({ sink, token, isGivenUp: given.includes(i) });
            if (given.includes(i)) setImmediate(() => sink.attempt.abort());
            else if (slow.includes(i)) {
              sink.attempt.pause();
              setTimeout(() => sink.attempt.resume(), 1);
            }
          }
          await nextTurn();
        }
        for (const { sink, token, isGivenUp } of sinks) {
          if (isGivenUp) continue;
          const { body, error, events } = await sink.ended;
          if (Number(token[0]) < GOOD_MOODS && error !== undefined && error.code !== 'upstream_reset')
            throw new Error(`${token}: ${error.code} ${error.context ?? ''}`);
          if (body !== '' && !body.startsWith(token)) throw new Error(`${token} got ${body.slice(0, 40)}`);
          if (events.filter((event) => /^(?:end|error)/.test(event)).length !== 1)
            throw new Error(`${token}: ${events.join()}`);
          if (error === undefined) served++;
        }
        await pool.close(2000);
        const { open, inFlight, waiting } = pool.stats;
        if (open + inFlight + waiting > 0) throw new Error(JSON.stringify(pool.stats));
      },
    ),
    { numRuns: 60 },
  );
  t.ok(served > 1000, `${served} served`);
});
