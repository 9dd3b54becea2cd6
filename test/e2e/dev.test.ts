import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { devProcess } from '../support/dev-process.ts';
import { sallyport } from '../support/sallyport-cli.ts';
import { temporaryFolder } from '../support/folder.ts';

const skip =
  spawnSync('curl', ['--version']).status === 0 || process.env['CI'] !== undefined
    ? false
    : 'curl is not installed';

t.test('a newcomer pastes the line of the first screen and is known', { skip }, async (t) => {
  const cwd = temporaryFolder(t);
  const { screen, port, stop } = await devProcess(t, cwd);
  const sh = async (command: string): Promise<string> =>
    (await promisify(execFile)('sh', ['-c', command], { cwd })).stdout;

  const line = /^ {2}(curl .*)$/m.exec(screen)?.[1] ?? '';
  t.match(line, 'curl --cacert certs/ca.crt --cert certs/client.crt --key certs/client.key https://whoami.');
  const answer = await sh(`${line} -sS`);
  t.match(
    answer,
    /^You are .+\nSubject: CN=.+\nEmail: .+@.+\nURI: spiffe:\/\/sallyport\.localhost\/user\/.+\n/,
  );
  t.match(answer, 'Told by: Client-Cert, X-Forwarded-Client-Cert');

  const certificate = '--cacert certs/ca.crt --cert certs/client.crt --key certs/client.key';
  for (const host of ['localhost', '127.0.0.1'])
    t.match(await sh(`curl -sS ${certificate} https://${host}:${port}/`), /^Sallyport is running\.\n/, host);

  const refusal = await sh(`curl -sS -w '%{http_code}' --cacert certs/ca.crt https://localhost:${port}/`);
  t.match(refusal, /^403 Forbidden: A client certificate is required .*\n\(.*none_sent.*\)\n403$/);
  const page = await sh(`curl -sS -H 'Accept: text/html' --cacert certs/ca.crt https://localhost:${port}/`);
  t.match(page, 'How to get in');
  t.match(page, 'certs/client.p12');
  const itself = '--cacert certs/ca.crt --cert certs/upstream-client.crt --key certs/upstream-client.key';
  t.match(
    await sh(`curl -sS ${itself} https://localhost:${port}/`),
    'unknown_issuer',
    'Sallyport is no client of its own',
  );

  t.equal(await stop(), EXIT.ok);
});

t.test('a second start keeps everything, --fresh nothing', async (t) => {
  const cwd = temporaryFolder(t);
  const keyTime = () => statSync(path.join(cwd, 'certs/ca.key')).mtimeMs;
  const first = await devProcess(t, cwd);
  await first.stop();
  const made = keyTime();
  const second = await devProcess(t, cwd);
  t.notMatch(second.screen, /^made/m);
  t.equal(keyTime(), made);
  await second.stop();
  const fresh = await devProcess(t, cwd, '--fresh');
  t.match(fresh.screen, 'made certs/ca.crt and .key (all were asked for anew)');
  t.match(fresh.screen, 'browsers that had the old one need client.p12 again');
  t.equal(await fresh.stop(), EXIT.ok);
});

t.test('a port that is taken is said to be, and the process ends', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.teardown(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { status, stderr } = sallyport(temporaryFolder(t), 'dev', '--port', String(port));
  t.equal(status, EXIT.failed);
  t.match(stderr, `port ${port} is in use: choose another with --port`);
});
