// HTTP/2 by the letter: a case for each thing that RFC 9113 says a client may or must not send, written frame by frame on
// a real connection; and after what touches one stream alone the connection must go on.
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { startApp } from '../support/app.ts';
import { clientOptions } from '../support/client.ts';
import { CODES, FLAG, frame, type H2Peer, openPeer, PREFACE, settings, TYPE } from '../support/h2-frames.ts';
import { get, H2_HOST, type H2Case, type H2Outcome } from '../support/h2-cases.ts';
import { CONNECTION_CASES } from '../support/h2-connection-cases.ts';
import { FRAME_CASES } from '../support/h2-frame-cases.ts';
import { MESSAGE_CASES } from '../support/h2-message-cases.ts';
import { WINDOW_CASES } from '../support/h2-window-cases.ts';
import { startProxy } from '../support/proxy.ts';

const END = Buffer.from('the end!');

/** All that has happened so far to a stream, and to the connection. */
function outcomes(peer: H2Peer, stream: number): H2Outcome[] {
  return peer.frames.flatMap(({ type, stream: of, payload }): H2Outcome[] => {
    if (type === TYPE.goaway && payload.readUInt32BE(4) !== 0)
      return [`connection ${CODES[payload.readUInt32BE(4)] ?? 'INTERNAL_ERROR'}`];
    if (type === TYPE.rstStream && of === stream)
      return [`stream ${CODES[payload.readUInt32BE(0)] ?? 'INTERNAL_ERROR'}`];
    return [];
  });
}

const cases = [...CONNECTION_CASES, ...FRAME_CASES, ...WINDOW_CASES, ...MESSAGE_CASES];

t.test('RFC 9113, section by section', async (t) => {
  t.ok(cases.length >= 100, `${cases.length} cases`);
  const app = await startApp(t, (request, response) => {
    if (request.headers['x-unread'] !== undefined) return;
    request.resume();
    request.on('end', () => {
      if (request.headers['x-slow'] === undefined) response.end('ok');
      else void delay(30).then(() => response.end('ok'));
    });
  });
  const { port, pki, heard } = await startProxy(t, {
    routes: [
      { from: `https://${H2_HOST}`, prefix: '/echo', to: app.url },
      { from: `https://${H2_HOST}`, response: { status: 200, body: 'hello' } },
    ],
    max_connections_per_address: 10_000,
  });
  for (const one of cases)
    await t.test(`${one.section} ${one.what}`, async (t) => {
      const peer = await openPeer(t, clientOptions(pki, port, { servername: H2_HOST }));
      await check(t, one, peer);
      if (one.isDropped === true) t.notMatch(app.requests.at(-1)?.rawHeaders.join('\n'), /^x|^1$/m);
    });
  t.strictSame(
    heard.warnings.filter(({ code }) => code !== 'http2_flood'),
    [],
  );
});

async function check(
  t: { ok(value: unknown, message: string): unknown },
  one: H2Case,
  peer: H2Peer,
): Promise<void> {
  const wanted = [one.outcome].flat();
  // What was still unread when the server closed makes a reset of it, which a GOAWAY on its way does not survive.
  if (wanted.some((outcome) => outcome.startsWith('connection'))) wanted.push('closed');
  const stream = one.stream ?? 1;
  if (one.isBare !== true) peer.send(PREFACE, settings());
  const sent = typeof one.send === 'function' ? await one.send(peer) : one.send;
  peer.send(...sent);
  // Whatever is wrong with frames is found before a PING behind them is answered.
  peer.send(frame(TYPE.ping, 0, 0, END));
  const isEnd = ({ type, flags, payload }: H2Peer['frames'][number]): boolean =>
    type === TYPE.ping && flags === FLAG.ack && payload.equals(END);
  await peer.find(isEnd);
  const found: H2Outcome[] = outcomes(peer, stream);
  const wantsStatus = wanted.some((outcome) => outcome.startsWith('status'));
  if (found.length === 0 && wantsStatus && !peer.isClosed())
    found.push(`status ${(await peer.statusOf(stream)) ?? 0}`);
  if (found.length === 0) found.push(peer.isClosed() ? 'closed' : 'goes on');
  t.ok(
    found.some((outcome) => wanted.includes(outcome)),
    `${found.join(', ')}; wanted ${wanted.join(' or ')}`,
  );
  if (found.some((outcome) => outcome === 'closed' || outcome.startsWith('connection'))) return;
  if (one.isFull === true || sent.some((bytes) => bytes[3] === TYPE.goaway)) return;
  peer.send(get(9_999_999));
  t.ok((await peer.statusOf(9_999_999)) === 200, 'and the connection goes on');
}
