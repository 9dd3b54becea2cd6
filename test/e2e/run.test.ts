import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { BIN, sallyport } from '../support/sallyport-cli.ts';
import { temporaryFolder } from '../support/folder.ts';

const GOOD = `
address: 127.0.0.1:0
certificate_file: certs/server.crt
certificate_key_file: certs/server.key
downstream_mtls:
  ca_file: certs/client-ca.crt
routes:
  - from: https://a.localhost
    response: { body: hello }
`;
const BAD = GOOD.replace('downstream_mtls', 'downstream_mtlz').replace(
  'https://a.localhost',
  'https://a.localhost/path',
);

t.test('check says what is wrong, where, and all of it', (t) => {
  const cwd = temporaryFolder(t);
  sallyport(cwd, 'ca', 'init');
  writeFileSync(path.join(cwd, 'routes.yaml'), GOOD);
  const good = sallyport(cwd, 'check');
  t.equal(good.status, EXIT.ok, good.stdout + good.stderr);
  t.match(good.stdout, 'routes.yaml can be used.');

  writeFileSync(path.join(cwd, 'bad.yaml'), BAD);
  const bad = sallyport(cwd, 'check', '-c', 'bad.yaml');
  t.equal(bad.status, EXIT.config);
  t.match(bad.stdout, /^bad\.yaml:5:1 downstream_mtlz: .*downstream_mtls/m);
  t.match(bad.stdout, /^bad\.yaml:8:11 routes\[0\]\.from: /m);

  const missing = sallyport(cwd, 'check', '-c', 'none.yaml');
  t.equal(missing.status, EXIT.config);
  t.match(missing.stdout, 'none.yaml');
  t.end();
});

t.test('run does not start on a bad configuration', (t) => {
  const cwd = temporaryFolder(t);
  sallyport(cwd, 'ca', 'init');
  writeFileSync(path.join(cwd, 'bad.yaml'), BAD);
  const { status, stderr } = sallyport(cwd, 'run', '-c', 'bad.yaml');
  t.equal(status, EXIT.config);
  t.match(stderr, /^bad\.yaml:5:1 downstream_mtlz: /m);
  t.match(stderr, /^bad\.yaml:8:11 routes\[0\]\.from: /m);
  t.end();
});

t.test('run serves until SIGTERM, reloads on SIGHUP, and logs JSON', async (t) => {
  const cwd = temporaryFolder(t);
  sallyport(cwd, 'ca', 'init');
  writeFileSync(path.join(cwd, 'routes.yaml'), GOOD);
  const child = spawn(process.execPath, [BIN, 'run', '--log-format', 'json'], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const lines: Record<string, unknown>[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const record = JSON.parse(line);
    lines.push(record);
    if (line.includes('listening')) child.kill('SIGHUP');
    if (line.includes('reload')) child.kill('SIGTERM');
  }
  t.strictSame(await exited, [EXIT.ok, null]);
  t.ok(lines.length >= 4, JSON.stringify(lines));
});
