// `npm run bench` as a child, with the one peer that is always there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { chooseCores } from '../../bench/run/machine.ts';

const RUN = path.resolve(import.meta.dirname, '../../bench/run.ts');

function whyNot(): string | false {
  try {
    chooseCores();
    return false;
  } catch (error) {
    return error instanceof Error ? error.message : 'cannot pin';
  }
}
const skip = whyNot();

/** Runs it with a temporary folder of its own. */
function bench(folder: string, ...args: string[]) {
  const env = { ...process.env, TMPDIR: folder };
  return spawn(process.execPath, [RUN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Command lines of running processes that have the text in them. */
function commandsWith(part: string): string[] {
  return globSync('/proc/[0-9]*/cmdline').flatMap((file) => {
    try {
      const command = readFileSync(file, 'latin1');
      return command.includes(part) ? [command] : [];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

t.test('a part of the bench prints its table and leaves nothing behind', { skip }, async (t) => {
  const folder = t.testdir();
  const child = bench(folder, '--rounds', '1', '--only', 'http-proxy', '--work', 'keepalive-1k');
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  t.equal(code, 0, errors);
  t.match(output, /\[1\/1\] round 1 {2}keepalive-1k +http-proxy +[\d.]+ us CPU/);
  t.match(output, /Keep-alive, 1 KiB answers \(64 connections\)\n +proxy .*\n +http-proxy +[\d.]+/);
  t.same(commandsWith(folder), []);
  t.match(output, /docs\/benchmarks\.md stays as it is/);
  t.same(readdirSync(folder), []);
});

t.test('Ctrl-C ends its processes and removes its files', { skip }, async (t) => {
  const folder = t.testdir();
  const child = bench(folder, '--only', 'http-proxy', '--work', 'keepalive-1k');
  child.stdout.on('data', (bytes: Buffer) => {
    if (/proxy on core/.test(bytes.toString())) child.kill('SIGINT');
  });
  const [code] = (await once(child, 'close')) as [number];
  t.equal(code, 130);
  t.same(readdirSync(folder), []);
  t.same(commandsWith(folder), []);
});

t.test('wrong usage exits 2 and names the choices', async (t) => {
  const child = bench(t.testdir(), '--only', 'apache');
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  t.equal(code, 2);
  t.match(errors, /'apache' is none of nginx, haproxy, caddy, sallyport, sallyport-pipelined, http-proxy/);
});
