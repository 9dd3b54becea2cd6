import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { parseStat, readTree, sampleProcesses } from '../../../bench/load/process-tree.ts';

const skip = process.platform === 'linux' ? false : 'needs /proc';

t.test('a command name with spaces and parentheses does not shift the fields', async (t) => {
  const numbers = Array.from({ length: 49 }, (_, i) => i + 4);
  const stat = parseStat(`7 (a) b (c)) S ${numbers.join(' ')}\n`);
  t.same(stat, { parentPid: 4, ticks: 14 + 15 + 16 + 17, rssPages: 24 });
});

t.test('the tree of a process holds its children, and has memory', { skip }, async (t) => {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)']);
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  t.ok(readTree(process.pid).includes(child.pid ?? 0));
  t.ok(sampleProcesses([child.pid ?? 0]).rssKib > 1000);
});

t.test('a process that has ended counts as nothing', { skip }, async (t) => {
  t.same(sampleProcesses([2 ** 30]), { cpuMs: 0, rssKib: 0 });
});
