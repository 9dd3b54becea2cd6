// `npm run demo:revoke` in full: one of a thousand people loses access while ten thousand connections are open.
import { execFile, execFileSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { DemoResult } from '../../demo/revoke/run.ts';

t.setTimeout(300_000);
const DEMO = path.resolve(import.meta.dirname, '../../demo/revoke.ts');
const CONNECTIONS = 10_000;
/** What the proxy's process needs beside one file a connection. */
const SPARE_FILES = 500;

/** How many files a process may open; Node raises its own limit that far. */
function mostFiles(): number {
  const text = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  return text === 'unlimited' ? Infinity : Number(text);
}

async function demo(...args: string[]): Promise<DemoResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO, '--json', ...args]);
  return JSON.parse(stdout) as DemoResult;
}

t.test('exactly the connections of the revoked certificate close, within a second', async (t) => {
  const isPossible = mostFiles() >= CONNECTIONS + SPARE_FILES;
  if (!isPossible && process.env['CI'] !== 'true') {
    t.plan(0, `a process may open ${mostFiles()} files here, too few for ${CONNECTIONS} connections`);
    return;
  }
  const result = await demo('--connections', String(CONNECTIONS), '--people', '1000');
  t.match(result, { held: CONNECTIONS, people: 1000, target: { idle: 8, websocket: 1, download: 1 } });
  const of = (use: string) => result.closed.filter((one) => one.use === use);
  t.strictSame([of('idle').length, of('websocket').length, of('download').length], [8, 1, 1]);
  t.equal(of('websocket')[0]?.code, 1008);
  for (const { use, afterMs } of result.closed) t.ok(afterMs < 1000, `${use} after ${afterMs} ms`);
  t.equal(result.othersClosed, 0, 'nobody else is closed');
  t.match(result, { answered: CONNECTIONS - 10, silent: 0 }, 'and everybody else is served');
  t.match(result.again, /^HTTP\/1\.1 403 .*\(revoked\)$/);
  t.equal(result.revocations.length, 10);
  t.ok(result.revocations.every(({ reason }) => reason === 'revoked'));
});

t.test('what it cannot do it says', async (t) => {
  for (const args of [['--connections', 'many'], ['--connections', '10', '--people', '9'], ['--what']])
    await t.rejects(demo(...args), { code: 1, stderr: /^[^\n]+\n$/ });
});
