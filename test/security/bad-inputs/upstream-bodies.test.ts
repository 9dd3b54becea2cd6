// Apps that go wrong after the head: what the client sees must be cut where the app was, and what comes too much must
// not become anybody's next answer.
import type { Socket } from 'node:net';
import t from 'tap';
import { parseAnswers } from '../../support/answers.ts';
import { closed, clientOptions, openClient } from '../../support/client.ts';
import { onlyAnswer, request, startFaulty } from '../../support/faulty-upstream.ts';
import { until } from '../../support/until.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const FRAMINGS = {
  'of a known length': `${OK}Content-Length: 10\r\n\r\nhello`,
  'in chunks': `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
  'in the middle of a chunk': `${OK}Transfer-Encoding: chunked\r\n\r\nff\r\nhello`,
  'that its close delimits': `${OK}\r\nhello`,
};

for (const [framing, bytes] of Object.entries(FRAMINGS)) {
  for (const version of ['HTTP/1.1', 'HTTP/1.0']) {
    for (const how of ['RST', 'FIN'] as const) {
      // For such a body the end of the connection is its end.
      if (how === 'FIN' && framing === 'that its close delimits') continue;
      t.test(
        `upstream dies mid-body (${how}), a body ${framing}, client ${version}: the client sees a cut`,
        async (t) => {
          let app: Socket | undefined;
          const { pki, port, exchange, heads, isServing } = await startFaulty(t, (socket) => {
            app = socket;
            socket.write(bytes);
          });
          const client = await openClient(t, clientOptions(pki, port));
          let received = '';
          let isClean = false;
          client.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
          client.on('end', () => (isClean = true));
          client.write(request(`GET / ${version}`));
          await until(() => /hello(\r\n)?$/.test(received));
          if (how === 'RST') app?.resetAndDestroy();
          else app?.end();
          await closed(client);
          const [answer] = parseAnswers(received);
          t.equal(answer?.status, 200);
          t.notOk(isClean && answer?.isWhole, 'neither a clean end nor a complete body');
          t.match(await exchange(0), {
            status: 200,
            error: 'upstream_cut',
            disposition: 'abort',
            attempts: 1,
          });
          t.equal(heads.length, 1, 'and it is not asked again');
          await isServing();
        },
      );
    }
  }
}

t.test('upstream stalls mid-body: cut after the idle timeout', async (t) => {
  const { ask, exchange, isServing } = await startFaulty(
    t,
    (socket) => void socket.write(FRAMINGS['of a known length']),
    { default_upstream_idle_timeout: '200ms' },
  );
  const answer = onlyAnswer(await ask());
  t.match(answer, { status: 200, isWhole: false });
  t.match(await exchange(0), { error: 'upstream_stalled', disposition: 'abort' });
  await isServing();
});

const SMUGGLED = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled';
const SURPLUS: Record<string, [bytes: string, body: string]> = {
  'behind a known length': [`${OK}Content-Length: 5\r\n\r\nhello${SMUGGLED}`, 'hello'],
  'behind chunks': [`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n${SMUGGLED}`, 'hello'],
  'behind an empty body': [`${OK}Content-Length: 0\r\n\r\n${SMUGGLED}`, ''],
  'behind 204': [`HTTP/1.1 204 No Content\r\n\r\n${SMUGGLED}`, ''],
  'behind 304': [`HTTP/1.1 304 Not Modified\r\nContent-Length: 8\r\n\r\n${SMUGGLED}`, ''],
};

for (const [where, [bytes, body]] of Object.entries(SURPLUS)) {
  t.test(`upstream sends surplus bytes ${where}: dropped, its connection discarded`, async (t) => {
    const { ask, isServing, connections } = await startFaulty(t, (socket) => void socket.write(bytes));
    const received = await ask();
    t.notMatch(received, /smuggled/);
    const [answer] = parseAnswers(received);
    // Undelivered or whole, but never another answer's bytes.
    t.ok(answer === undefined || answer.body === body, received);
    await isServing();
    await isServing();
    t.equal(connections(), 2, 'the next requests go over another connection');
  });
}

for (const [name, method, bytes] of [
  ['HEAD with a body', 'HEAD', `${OK}Content-Length: 5\r\n\r\nhello`],
  ['HEAD with chunks', 'HEAD', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`],
  ['204 with a body', 'GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello'],
  ['304 with a body', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello'],
] as const) {
  t.test(`upstream answers ${name}: the client gets none, the next request is right`, async (t) => {
    const { pki, port, isServing } = await startFaulty(t, (socket) => void socket.write(bytes));
    const client = await openClient(t, clientOptions(pki, port));
    let received = '';
    client.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    const line = `${method} / HTTP/1.1`;
    client.write(request(line).replace('close', 'keep-alive') + request('GET /good HTTP/1.1'));
    await closed(client);
    t.notMatch(received, /hello/);
    const answers = parseAnswers(received, [method]);
    t.match(answers.at(-1), { status: 200, body: 'good' });
    t.equal(answers.length, 2);
    await isServing();
  });
}
