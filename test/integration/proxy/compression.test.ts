// Answers that are compressed on their way, by real decoders: whole to the byte, as soon as the app has said them, and
// never whole where the app's were not.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { request } from 'node:https';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createZstdDecompress,
  gunzipSync,
  zstdDecompressSync,
} from 'node:zlib';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { compressorsUnderWay } from '../../../src/forward/compressor.ts';
import { startApp } from '../../support/app.ts';
import { parseAnswers } from '../../support/answers.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions, openClient, sendRaw } from '../../support/client.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { h2Call, openH2 } from '../../support/h2-client.ts';
import { startProxy } from '../../support/proxy.ts';
import { requireTool } from '../../support/requires.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const MIB = 1024 * 1024;
const PAGE = Array.from({ length: 20_000 }, (_, index) => `<p>line ${index} ${index ** 3}</p>`).join('\n');
const DECODE = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };
const DECODER = { gzip: createGunzip, br: createBrotliDecompress, zstd: createZstdDecompress };
const CODINGS = ['zstd', 'br', 'gzip'] as const;
const pki = await makeTestPki();

async function setUp(t: Test, listener: RequestListener, route: Partial<ConfigInput['routes'][number]> = {}) {
  const app = await startApp(t, listener);
  const running = await startProxy(t, {
    routes: [{ from: `https://${HOST}`, to: app.url, compress: [...CODINGS], ...route }],
  });
  const options = clientOptions(pki, running.port);
  const ask = (headers: Record<string, string> = {}, method = 'GET') => call(options, { headers, method });
  return { ...running, app, options, ask };
}

const page: RequestListener = (_, response) => {
  response.setHeader('content-type', 'text/html');
  response.setHeader('etag', '"v1"');
  response.end(PAGE);
};

const events: RequestListener = (_, response) => {
  response.setHeader('content-type', 'text/event-stream');
  response.end('data: x\n\n');
};

for (const coding of CODINGS) {
  t.test(`${coding} in HTTP/1.1 and HTTP/2: the same bytes, fewer of them`, async (t) => {
    const { ask, options, exchange } = await setUp(t, page);
    const answer = await ask({ 'accept-encoding': coding });
    t.match(answer.headers, {
      'content-encoding': coding,
      vary: 'Accept-Encoding',
      etag: 'W/"v1"',
      'transfer-encoding': 'chunked',
    });
    t.equal(answer.headers['content-length'], undefined);
    t.ok(answer.bytes.length < PAGE.length / 2);
    t.equal(DECODE[coding](answer.bytes).toString(), PAGE);
    t.match(await exchange(0), { status: 200, bytesOut: answer.bytes.length });

    const session = await openH2(t, options);
    const inH2 = await h2Call(session, { headers: ['accept-encoding', coding] });
    t.ok(inH2.isWhole);
    t.ok(inH2.headers.includes(coding));
    t.notOk(inH2.headers.includes('content-length'));
    t.equal(DECODE[coding](inH2.bytes).toString(), PAGE);
  });

  t.test(`${coding}: what the app has said is there before it says more`, async (t) => {
    let more: (text: string) => unknown = () => t.fail('too early');
    const { options } = await setUp(t, (_, response) => {
      response.setHeader('content-type', 'text/plain');
      more = (text) => response.write(text);
      response.write('first');
    });
    const outgoing = request({ ...(options as object), headers: { host: HOST, 'accept-encoding': coding } });
    outgoing.on('error', () => {});
    t.teardown(() => outgoing.destroy());
    outgoing.end();
    const [incoming] = await once(outgoing, 'response');
    let text = '';
    incoming.on('error', () => {});
    incoming.pipe(DECODER[coding]()).on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(() => text === 'first');
    more(' second');
    await until(() => text === 'first second');
  });

  t.test(`${coding}: an answer that breaks off is not whole, in either version`, async (t) => {
    const { options } = await setUp(t, (_, response) => {
      response.setHeader('content-type', 'text/plain');
      response.write(PAGE, () => response.destroy());
    });
    const cut = await sendRaw(
      options,
      `GET / HTTP/1.1\r\nHost: ${HOST}\r\nAccept-Encoding: ${coding}\r\n\r\n`,
    );
    const [answer] = parseAnswers(cut);
    t.equal(answer?.headers['content-encoding'], coding);
    t.equal(answer?.isWhole, false);
    t.throws(() => DECODE[coding](Buffer.from(answer?.body ?? '', 'latin1')));
    const inH2 = await h2Call(await openH2(t, options), { headers: ['accept-encoding', coding] });
    t.equal(inH2.isWhole, false);
    await until(() => compressorsUnderWay() === 0);
  });
}

t.test('what curl asks for it can read', async (t) => {
  if (!requireTool(t, 'curl')) return;
  const { port } = await setUp(t, page);
  const folder = temporaryFolder(t);
  const fileOf = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const { stdout } = await promisify(execFile)(
    'curl',
    ['--silent', '--show-error', '--compressed', '--include']
      .concat('--cacert', fileOf('ca.pem', pki.serverCa.certPem), '--resolve', `${HOST}:${port}:127.0.0.1`)
      .concat(
        '--cert',
        fileOf('client.pem', pki.client.certPem),
        '--key',
        fileOf('key.pem', pki.client.keyPem),
      )
      .concat(`https://${HOST}:${port}/`),
    { maxBuffer: 10 * MIB },
  );
  t.match(stdout, /^content-encoding: (?:zstd|br|gzip)\r$/im);
  t.ok(stdout.endsWith(PAGE));
});

t.test('a client of HTTP/1.0 gets it up to the end of the connection', async (t) => {
  const { options } = await setUp(t, page);
  const text = await sendRaw(options, `GET / HTTP/1.0\r\nHost: ${HOST}\r\nAccept-Encoding: gzip\r\n\r\n`);
  const [head = '', ...body] = text.split('\r\n\r\n');
  t.match(head, /content-encoding: gzip/i);
  t.notMatch(head, /content-length|transfer-encoding/i);
  t.equal(gunzipSync(Buffer.from(body.join('\r\n\r\n'), 'latin1')).toString(), PAGE);
});

t.test('whoever asks for nothing gets it as it is, and caches are told', async (t) => {
  const { ask } = await setUp(t, page);
  for (const headers of [{}, { 'accept-encoding': 'identity' }, { 'accept-encoding': 'gzip;q=0, br;q=0' }]) {
    const answer = await ask(headers);
    t.equal(answer.body, PAGE);
    t.match(answer.headers, { vary: 'Accept-Encoding', etag: '"v1"', 'content-length': String(PAGE.length) });
  }
});

t.test('a request of another site gets it as it is', async (t) => {
  const { ask } = await setUp(t, page);
  const of = async (site: string) =>
    (await ask({ 'accept-encoding': 'gzip', 'sec-fetch-site': site })).headers['content-encoding'];
  t.equal(await of('cross-site'), undefined);
  t.equal(await of('same-site'), undefined);
  t.equal(await of('same-origin'), 'gzip');
});

t.test('HEAD says what GET would', async (t) => {
  const { ask } = await setUp(t, page);
  const { headers, bytes } = await ask({ 'accept-encoding': 'gzip' }, 'HEAD');
  t.match(headers, { 'content-encoding': 'gzip', etag: 'W/"v1"', vary: 'Accept-Encoding' });
  t.equal(headers['content-length'], undefined);
  t.equal(bytes.length, 0);
  t.equal(compressorsUnderWay(), 0);
});

t.test('answers that are short, coded, parts, or set a cookie are left alone', async (t) => {
  const { ask } = await setUp(t, (incoming, response) => {
    const kind = incoming.headers['x-kind'];
    response.setHeader('content-type', kind === 'events' ? 'text/event-stream' : 'text/html');
    if (kind === 'coded') response.setHeader('content-encoding', 'x-own');
    if (kind === 'part') response.writeHead(206, { 'content-range': `bytes 0-9/${PAGE.length}` });
    if (kind === 'cookie') response.setHeader('set-cookie', 'a=b');
    if (kind === 'final') response.setHeader('cache-control', 'no-transform');
    response.end(kind === 'short' ? 'short' : PAGE);
  });
  for (const kind of ['short', 'coded', 'part', 'cookie', 'final', 'events']) {
    const { headers, body } = await ask({ 'accept-encoding': 'gzip', 'x-kind': kind });
    t.equal(headers['content-encoding'], kind === 'coded' ? 'x-own' : undefined, kind);
    t.equal(headers.vary, undefined, kind);
    t.equal(body, kind === 'short' ? 'short' : PAGE);
  }
});

t.test(
  'types and lengths are for the route to say; what has no setting costs and changes nothing',
  async (t) => {
    const named = await setUp(t, events, { compress_types: ['text/event-stream'], compress_min_bytes: 1 });
    t.equal((await named.ask({ 'accept-encoding': 'gzip' })).headers['content-encoding'], 'gzip');
    const app = await startApp(t, page);
    const off = await startProxy(t, { routes: [{ from: `https://${HOST}`, to: app.url }] });
    const { headers, body } = await call(clientOptions(pki, off.port), {
      headers: { 'accept-encoding': 'gzip' },
    });
    t.strictSame([headers['content-encoding'], headers.vary, headers.etag], [undefined, undefined, '"v1"']);
    t.equal(body, PAGE);
  },
);

t.test('trailers come behind the compressed body, without digests of the plain one', async (t) => {
  const { options } = await setUp(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', trailer: 'x-sum, repr-digest' });
    response.write(PAGE);
    response.addTrailers({ 'x-sum': '1', 'repr-digest': 'sha-256=:x:' });
    response.end();
  });
  const text = await sendRaw(
    options,
    `GET / HTTP/1.1\r\nHost: ${HOST}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`,
  );
  const [answer] = parseAnswers(text);
  t.ok(answer?.isWhole);
  t.strictSame(answer?.trailers, [['x-sum', '1']]);
  t.equal(gunzipSync(Buffer.from(answer?.body ?? '', 'latin1')).toString(), PAGE);
});

t.test('an app is made to wait for a client that does not read, and all of it arrives', async (t) => {
  const total = 64 * MIB;
  // Compresses to a half: what a client does not read fills up soon.
  const piece = Buffer.from(Array.from({ length: MIB }, () => 97 + Math.floor(Math.random() * 16)));
  let written = 0;
  const { options } = await setUp(t, (_, response) => {
    response.setHeader('content-type', 'text/plain');
    const more = (): void => {
      while (written < total) {
        written += MIB;
        if (!response.write(piece)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const outgoing = request({ ...(options as object), headers: { host: HOST, 'accept-encoding': 'gzip' } });
  outgoing.end();
  const [incoming] = await once(outgoing, 'response');
  await once(incoming, 'readable');
  let [before, since] = [-1, performance.now()];
  // Until nothing has moved for a while.
  await until(() => {
    if (before !== written) [before, since] = [written, performance.now()];
    return performance.now() - since > 500;
  });
  t.ok(written < 40 * MIB, `the app has been let write ${written / MIB} MiB`);
  let length = 0;
  let isSame = true;
  for await (const chunk of incoming.pipe(createGunzip()) as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length && isSame; at += 4096)
      isSame = chunk[at] === piece[(length + at) % piece.length];
    length += chunk.length;
  }
  t.equal(length, total);
  t.ok(isSame);
});

t.test('a client that leaves in the middle leaves no compressor behind, and the app is told', async (t) => {
  let isAborted = false;
  const { options, exchange } = await setUp(t, (_, response) => {
    response.setHeader('content-type', 'text/plain');
    response.on('close', () => (isAborted = !response.writableFinished));
    response.write(PAGE);
  });
  const client = await openClient(t, options);
  client.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nAccept-Encoding: br\r\n\r\n`);
  await once(client, 'data');
  t.equal(compressorsUnderWay(), 1);
  client.destroy();
  await until(() => isAborted && compressorsUnderWay() === 0);
  t.match(await exchange(0), { status: 200, error: 'client_closed', disposition: 'abort' });
});

t.test('a connection carries one compressed answer after the other', async (t) => {
  const { options } = await setUp(t, page);
  const one = `GET / HTTP/1.1\r\nHost: ${HOST}\r\nAccept-Encoding: gzip\r\n`;
  const text = await sendRaw(options, `${one}\r\n${one}\r\n${one}Connection: close\r\n\r\n`);
  const answers = parseAnswers(text);
  t.equal(answers.length, 3);
  for (const { body } of answers) t.equal(gunzipSync(Buffer.from(body, 'latin1')).toString(), PAGE);
});
