// Tunnels by programs of others' making, with the commands of docs/tunnels.md.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { temporaryFolder, writeFiles } from '../../support/folder.ts';
import { startRawUpstream } from '../../support/raw-upstream.ts';
import { requireTool } from '../../support/requires.ts';
import { startTunnelProxy } from '../../support/tunnel.ts';

const document = readFileSync(path.join(import.meta.dirname, '../../../docs/tunnels.md'), 'utf8');
const [curl = '', script = ''] = [...document.matchAll(/```sh\n([^`]+)```/g)].map(([, block = '']) => block);
const HOST = 'redis.sallyport.localhost';

/** An app that answers PING and ends at QUIT, and who runs programs with a client certificate in their folder. */
async function setUp(t: Test) {
  const { port: appPort } = await startRawUpstream(t, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      if (chunk.includes('PING')) socket.write('+PONG\r\n');
      if (chunk.includes('QUIT')) socket.end('+OK\r\n');
    });
  });
  const routes = [{ from: `tcp+https://${HOST}:6379`, to: `tcp://127.0.0.1:${appPort}` }];
  const running = await startTunnelProxy(t, { to: `tcp://127.0.0.1:${appPort}` }, { routes });
  const { client, serverCa } = running.pki;
  const cwd = temporaryFolder(t);
  writeFiles(cwd, {
    'me.crt': client.certPem,
    'me.key': client.keyPem,
    'ca.crt': serverCa.certPem,
    'tunnel.sh': script,
  });
  const run = (command: string): ChildProcessWithoutNullStreams => {
    const env = { ...process.env, SSL_CERT_FILE: 'ca.crt', SALLYPORT: `127.0.0.1:${running.port}` };
    const child = spawn('sh', ['-c', command], { cwd, env });
    t.teardown(() => child.kill('SIGKILL'));
    return child;
  };
  return { ...running, run };
}

t.test('curl', async (t) => {
  if (!requireTool(t, 'curl')) return;
  const { run, port, exchange } = await setUp(t);
  const command = curl
    .replaceAll('redis.corp.example.com', HOST)
    .replace(`https://${HOST}`, `https://${HOST}:${port}`)
    .replace('curl ', 'curl -sS --proxy-cacert ca.crt ');
  t.equal(await text(run(command).stdout), '+PONG\r\n+OK\r\n');
  t.match(await exchange(0), { method: 'CONNECT', status: 200, error: undefined, bytesOut: 12 });
  const stranger = run(command.replace(/--proxy-cert \S+ --proxy-key \S+/, ''));
  t.match(await text(stranger.stderr), /response 403/);
  const elsewhere = run(command.replace(':6379', ':6380'));
  t.match(await text(elsewhere.stderr), /response 405/);
});

t.test('a few lines of sh around openssl', async (t) => {
  if (!requireTool(t, 'openssl')) return;
  const { run, exchange } = await setUp(t);
  const child = run(`sh tunnel.sh ${HOST} 6379`);
  child.stdin.write('PING\r\n');
  const [pong] = (await once(child.stdout, 'data')) as [Buffer];
  t.equal(pong.toString(), '+PONG\r\n');
  child.stdin.end('QUIT\r\n');
  t.equal((await buffer(child.stdout)).toString(), '+OK\r\n');
  t.match(await exchange(0), { status: 200, bytesIn: 12, bytesOut: 12 });
  const elsewhere = run(`sh tunnel.sh ${HOST} 6380`);
  elsewhere.stdin.end();
  t.match(await text(elsewhere.stderr), /HTTP\/1\.1 405/);
});
