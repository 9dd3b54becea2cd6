// HTTP/1.1 as clients and apps speak it, through the whole proxy: order, persistence, interim answers, framing.
import type { RequestListener } from 'node:http';
import t from 'tap';
import { startApp } from '../../support/app.ts';
import { parseAnswers } from '../../support/answers.ts';
import { clientOptions, openClient, readAll, sendRaw } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const head = (line: string, fields = '') => `${line}\r\nHost: ${HOST}\r\n${fields}\r\n`;
const CLOSE = 'Connection: close\r\n';

interface Teardown {
  teardown(fn: () => unknown): void;
}

async function setUp(t: Teardown, listener?: RequestListener) {
  const app = await startApp(t, listener);
  const running = await startProxy(t, { routes: [{ from: `https://${HOST}`, to: app.url }] });
  const options = clientOptions(running.pki, running.port);
  return { ...running, app, options, send: (bytes: string) => sendRaw(options, bytes) };
}

const echoes: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('latin1');
    const delayMs = Number(/\d+$/.exec(request.url ?? '')?.[0] ?? 0);
    setTimeout(() => response.end(`${request.method} ${request.url} ${body}`), delayMs);
  });
};

t.test('pipelined requests are answered in order, whichever is ready first', async (t) => {
  const { send } = await setUp(t, echoes);
  const burst = [60, 0, 30, 1].map((ms) => head(`GET /${ms} HTTP/1.1`)).join('');
  const post = `${head('POST /0 HTTP/1.1', 'Content-Length: 4\r\n')}body`;
  const answers = parseAnswers(await send(burst + post + head('GET /last HTTP/1.1', CLOSE)));
  t.strictSame(
    answers.map(({ body }) => body),
    ['GET /60 ', 'GET /0 ', 'GET /30 ', 'GET /1 ', 'POST /0 body', 'GET /last '],
  );
});

t.test('more pipelined bytes than are held come through, when their turn is there', async (t) => {
  const { send } = await setUp(t, echoes);
  const body = 'b'.repeat(50_000);
  const burst = `${head('POST /5 HTTP/1.1', 'Content-Length: 50000\r\n')}${body}`.repeat(10);
  const answers = parseAnswers(await send(burst + head('GET /last HTTP/1.1', CLOSE)));
  t.equal(answers.length, 11);
  t.ok(answers.slice(0, 10).every((answer) => answer.body === `POST /5 ${body}`));
});

t.test('HTTP/1.0: closed after the answer unless it asks for more, and never chunked', async (t) => {
  const { send } = await setUp(t, (request, response) => {
    if (request.url === '/long') response.write('of any ');
    response.end('length');
  });
  const plain = parseAnswers(await send(head('GET / HTTP/1.0')));
  t.match(plain, [{ status: 200, body: 'length', headers: { connection: 'close' } }]);
  const [long] = parseAnswers(await send(head('GET /long HTTP/1.0', 'Connection: keep-alive\r\n')));
  t.match(long, { body: 'of any length', headers: { connection: 'close' } });
  t.notOk(long?.headers['transfer-encoding']);
  const kept = head('GET / HTTP/1.0', 'Connection: keep-alive\r\n') + head('GET / HTTP/1.0');
  t.match(parseAnswers(await send(kept)), [
    { headers: { connection: 'keep-alive', 'content-length': '6' } },
    { headers: { connection: 'close' } },
  ]);
});

t.test('Expect: 100-continue is answered before the body, any other expectation by 417', async (t) => {
  const { options, send, heard } = await setUp(t, echoes);
  const client = await openClient(t, options);
  let received = '';
  client.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  client.write(head('POST / HTTP/1.1', `${CLOSE}Expect: 100-continue\r\nContent-Length: 4\r\n`));
  await until(() => received === 'HTTP/1.1 100 Continue\r\n\r\n');
  client.write('body');
  await readAll(client);
  t.match(parseAnswers(received), [{ status: 100 }, { status: 200, body: 'POST / body' }]);
  const other = parseAnswers(await send(head('POST / HTTP/1.1', 'Expect: 200-ok\r\nContent-Length: 4\r\n')));
  t.match(other, [{ status: 417, headers: { connection: 'close' } }]);
  t.match(heard.exchanges[1], { error: 'expectation_failed' });
});

t.test('HEAD, 204 and 304 have no body, and the next answer begins right behind their head', async (t) => {
  const { send } = await setUp(t, (request, response) => {
    const status = Number(request.url?.slice(1));
    response.writeHead(status, status === 200 ? { 'content-length': 5 } : {});
    response.end(status === 200 ? 'hello' : undefined);
  });
  const burst = head('HEAD /200 HTTP/1.1') + head('GET /204 HTTP/1.1') + head('GET /304 HTTP/1.1');
  const answers = parseAnswers(await send(burst + head('GET /200 HTTP/1.1', CLOSE)), ['HEAD']);
  t.match(answers, [
    { status: 200, body: '', headers: { 'content-length': '5' } },
    { status: 204, body: '' },
    { status: 304, body: '' },
    { status: 200, body: 'hello' },
  ]);
  t.notOk(answers[1]?.headers['content-length']);
  t.notOk(answers[1]?.headers['transfer-encoding']);
});

t.test('interim answers of the app go on to HTTP/1.1 clients and to no others', async (t) => {
  const { send } = await setUp(t, (_, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.end('done');
  });
  const answers = parseAnswers(await send(head('GET / HTTP/1.1', CLOSE)));
  t.match(answers, [
    { status: 103, headers: { link: /style/ } },
    { status: 200, body: 'done' },
  ]);
  t.match(parseAnswers(await send(head('GET / HTTP/1.0'))), [{ status: 200, body: 'done' }]);
});

t.test('OPTIONS * is answered by the proxy itself', async (t) => {
  const { send, app } = await setUp(t);
  const answers = parseAnswers(await send(head('OPTIONS * HTTP/1.1', CLOSE)));
  t.match(answers, [{ status: /20[04]/, headers: { allow: /GET/ } }]);
  t.equal(app.requests.length, 0);
});

t.test('chunked bodies go both ways, with the trailers of the app', async (t) => {
  const { send, app } = await setUp(t, (request, response) => {
    response.writeHead(200, { trailer: 'x-sum' });
    request.on('data', (chunk) => response.write(chunk));
    request.on('end', () => {
      response.addTrailers({ 'x-sum': '42' });
      response.end();
    });
  });
  const chunks = '5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nX-Client: 1\r\n\r\n';
  const answers = parseAnswers(
    await send(head('POST / HTTP/1.1', `${CLOSE}Transfer-Encoding: chunked\r\n`) + chunks),
  );
  t.match(answers, [{ status: 200, body: 'hello world', isWhole: true, trailers: [['x-sum', '42']] }]);
  t.equal(app.requests[0]?.headers['transfer-encoding'], 'chunked');
});

t.test('an app that answers before it has read the body is heard, and the connection ends', async (t) => {
  const { options } = await setUp(t, (_, response) => {
    response.writeHead(413).end('too much');
  });
  const client = await openClient(t, options);
  const received = readAll(client);
  client.write(`${head('POST / HTTP/1.1', 'Content-Length: 100000\r\n')}begin`);
  t.match(parseAnswers(await received), [{ status: 413, body: 'too much' }]);
});
