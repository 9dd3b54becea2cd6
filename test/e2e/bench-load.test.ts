// The load generator as a child process against a small mutual-TLS server in this one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import type { LoadResult } from '../../bench/load/load-result.ts';
import { makeTestPki } from '../support/certificates.ts';

const LOAD = path.resolve(import.meta.dirname, '../../bench/load.ts');
const doNothing = () => {};
const pki = await makeTestPki();

/** Starts a server that demands a client certificate; returns the arguments for a generator that has one. */
async function listen(t: Test, onRequest: RequestListener) {
  const server = createServer({
    key: pki.edge.keyPem,
    cert: pki.edge.certPem,
    ca: pki.clientCa.certPem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on('request', onRequest);
  server.on('tlsClientError', doNothing);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const folder = t.testdir({
    'client.crt': pki.client.certPem,
    'client.key': pki.client.keyPem,
    'ca.crt': pki.serverCa.certPem,
  });
  const { port } = server.address() as AddressInfo;
  const url = `https://app.sallyport.localhost:${port}/`;
  const identity = ['--cert', path.join(folder, 'client.crt'), '--key', path.join(folder, 'client.key')];
  return { url, identity, trust: ['--ca', path.join(folder, 'ca.crt')], folder };
}

async function load(args: readonly string[], onStart: (stop: () => void) => void = doNothing) {
  const child = spawn(process.execPath, [LOAD, ...args]);
  onStart(() => child.kill('SIGINT'));
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { stdout, stderr, code };
}

const parse = (stdout: string) => JSON.parse(stdout) as LoadResult;
const ok: RequestListener = (_request, response) => response.end('hello');

t.test('a bounded count sends exactly that many requests and prints the figures', async (t) => {
  let seen = 0;
  const { url, identity, trust } = await listen(t, (request, response) => {
    seen++;
    ok(request, response);
  });
  const { stdout, code } = await load([
    url,
    ...identity,
    ...trust,
    '--requests',
    '300',
    '--connections',
    '4',
  ]);
  t.equal(code, 0);
  t.equal(seen, 300);
  t.match(stdout, /requests\/s +[\d,]+\n/);
  t.match(stdout, /requests +300 in /);
  t.match(stdout, /handshakes +4, 0 of them resumed/);
  t.match(stdout, /p50 .*p90 .*p99 .*p99\.9 .*max /);
  t.match(stdout, /errors +none/);
});

t.test('a warm-up is neither counted nor bounded', async (t) => {
  let seen = 0;
  const { url, identity, trust } = await listen(t, (request, response) => {
    seen++;
    ok(request, response);
  });
  const args = ['--warm-up', '0.3', '--requests', '10', '--connections', '2', '--json'];
  const { answers, stoppedBy } = parse((await load([url, ...identity, ...trust, ...args])).stdout);
  t.equal(stoppedBy, 'requests');
  t.ok(answers >= 10 && answers <= 12, `${answers} answers`);
  t.ok(seen > answers, `${seen} requests`);
});

t.test('chunked answers, statuses and uploads are counted', async (t) => {
  const bodies = new Set<number>();
  const { url, identity, trust } = await listen(t, (request, response) => {
    let bytes = 0;
    request.on('data', (piece: Buffer) => (bytes += piece.length));
    request.on('end', () => {
      bodies.add(bytes);
      response.writeHead(503);
      response.write('in ');
      response.end('chunks');
    });
  });
  const body = ['--body-size', '200k', '--requests', '20', '--connections', '2', '--json'];
  const { stdout, code } = await load([url, ...identity, ...trust, ...body]);
  t.equal(code, 1, 'other answers than 2xx');
  t.match(parse(stdout), { answers: 20, statuses: { 503: 20 }, errors: {}, stoppedBy: 'requests' });
  t.same([...bodies], [200 * 1024]);
});

t.test('a new connection for each request, with a full or a resumed handshake', async (t) => {
  const { url, identity, trust } = await listen(t, ok);
  const bound = ['--requests', '20', '--connections', '2', '--json'];
  const full = parse((await load([url, ...identity, ...trust, ...bound, '--mode', 'full'])).stdout);
  t.match(full, { answers: 20, handshakes: 20, resumedHandshakes: 0, errors: {} });
  const resumed = parse((await load([url, ...identity, ...trust, ...bound, '--mode', 'resume'])).stdout);
  t.match(resumed, { answers: 20, handshakes: 20, resumedHandshakes: 18, errors: {} });
});

t.test('an open loop sends at its rate', async (t) => {
  const { url, identity, trust } = await listen(t, ok);
  const rate = ['--rate', '200', '--duration', '1', '--warm-up', '0.1', '--connections', '4', '--json'];
  const { answers } = parse((await load([url, ...identity, ...trust, ...rate])).stdout);
  t.ok(answers > 150 && answers <= 205, `${answers} answers`);
});

t.test('idle connections are held', async (t) => {
  const { url, identity, trust } = await listen(t, ok);
  const idle = ['--mode', 'idle', '--connections', '40', '--watch', `server=${process.pid}`, '--json'];
  const { stdout, code } = await load([url, ...identity, ...trust, ...idle]);
  t.equal(code, 0);
  t.match(parse(stdout), {
    answers: 40,
    handshakes: 40,
    watched: { server: { rssKibPerConnection: Number } },
  });
});

t.test('an idle connection that the server closes is an error', async (t) => {
  const { url, identity, trust } = await listen(t, (request, response) => {
    response.end('hello', () => request.socket.destroySoon());
  });
  const idle = ['--mode', 'idle', '--connections', '2', '--json'];
  const { stdout, code } = await load([url, ...identity, ...trust, ...idle]);
  t.equal(code, 1);
  t.match(parse(stdout), { answers: 2, errors: { 'closed while idle': 2 } });
});

t.test('a server that the CA does not vouch for gets no request', async (t) => {
  const { url, identity, folder } = await listen(t, () => t.fail('a request was sent'));
  const other = path.join(folder, 'other.crt');
  writeFileSync(other, pki.clientCa.certPem);
  const { stdout, code } = await load([url, ...identity, '--ca', other, '--connections', '20', '--json']);
  t.equal(code, 1);
  const { answers, errors, stoppedBy } = parse(stdout);
  t.equal(answers, 0);
  t.equal(stoppedBy, 'failure');
  t.match(Object.keys(errors).join(' '), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
});

t.test('without a certificate there are only errors', async (t) => {
  const { url, trust } = await listen(t, () => t.fail('a request came through'));
  const { stdout, code } = await load([url, ...trust, '--requests', '20', '--connections', '2']);
  t.equal(code, 1);
  t.match(stdout, /error .*: \d+/);
});

t.test('Ctrl-C prints what was measured so far', async (t) => {
  let stop = doNothing;
  const { url, identity, trust } = await listen(t, (request, response) => {
    ok(request, response);
    stop();
    stop = doNothing;
  });
  const args = [url, ...identity, ...trust, '--duration', '60', '--warm-up', '0'];
  const { stdout, code } = await load(args, (interrupt) => (stop = interrupt));
  t.equal(code, 130);
  t.match(stdout, /requests\/s/);
  t.match(stdout, /interrupted/);
});

t.test('wrong usage exits 2 and shows the usage; --help exits 0', async (t) => {
  const wrong = await load(['http://plain/']);
  t.equal(wrong.code, 2);
  t.match(wrong.stderr, /not an https[\s\S]*Usage:/);
  const help = await load(['--help']);
  t.equal(help.code, 0);
  t.match(help.stdout, /--mode MODE/);
});
