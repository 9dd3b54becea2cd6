import t from 'tap';
import { bottleneckOf, type Figures } from '../../../bench/run/measure.ts';
import { median, summarise } from '../../../bench/run/summary.ts';
import { markdownTable, tablesOf, textTable } from '../../../bench/run/table.ts';
import { WORKS } from '../../../bench/run/works.ts';

const figures = (peer: string, round: number, cpuUsPerRequest: number, more: Partial<Figures> = {}) => ({
  work: 'keepalive-1k',
  peer,
  round,
  answers: 1000,
  cpuUsPerRequest,
  requestsPerSecond: 1_000_000 / cpuUsPerRequest,
  p50Us: 500,
  p99Us: 2000,
  rssKib: 10_240,
  proxyBusy: 1,
  loadBusy: 0.5,
  bottleneck: 'proxy' as const,
  faults: 0,
  ...more,
});

t.test('the median is the middle, or between the two middles', async (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 3, 2]), 2.5);
  t.equal(median([]), 0);
});

t.test('the ratio is the median of the ratios in each round, not the ratio of the medians', async (t) => {
  // The machine was twice as slow in round 2, for both.
  const all = [
    figures('nginx', 1, 20),
    figures('ours', 1, 22),
    figures('nginx', 2, 40),
    figures('ours', 2, 60),
    figures('nginx', 3, 20),
    figures('ours', 3, 24),
  ];
  const ours = summarise(all, 'nginx').find(({ peer }) => peer === 'ours');
  t.match(ours, { ratio: 1.2, ratioSpread: [1.1, 1.5], cpuUsPerRequest: 24 });
});

t.test('a round in which the reference failed gives no ratio', async (t) => {
  const [ours] = summarise([figures('ours', 1, 22), figures('nginx', 2, 20)], 'nginx');
  t.notOk(ours && 'ratio' in ours);
});

t.test('idle connections are compared by their memory', async (t) => {
  const idle = { work: 'idle', rssKibPerConnection: 20 };
  const all = [figures('nginx', 1, 900, idle), figures('ours', 1, 100, { ...idle, rssKibPerConnection: 30 })];
  t.match(
    summarise(all, 'nginx').find(({ peer }) => peer === 'ours'),
    { ratio: 1.5, rssKibPerConnection: 30 },
  );
});

t.test('where the load is fixed, peers are compared by their latency', async (t) => {
  const half = { work: 'half-load', offeredPerSecond: 15_000 };
  const all = [
    figures('nginx', 1, 30, { ...half, p99Us: 2000 }),
    figures('ours', 1, 20, { ...half, p99Us: 3000 }),
  ];
  const lines = summarise(all, 'nginx');
  t.match(lines[1], { ratio: 1.5, offeredPerSecond: 15_000 });
  const [table] = tablesOf(lines, WORKS, 'nginx');
  t.same(table?.head.slice(0, 3), ['proxy', 'p99', 'to nginx']);
  t.same(table?.rows[1]?.slice(0, 3), ['ours', '3.00 ms', '1.50 (1.50-1.50)']);
});

t.test('the full core is named', async (t) => {
  t.equal(bottleneckOf(0.99, 0.5), 'proxy');
  t.equal(bottleneckOf(0.5, 0.99), 'load');
  t.equal(bottleneckOf(0.99, 0.99), 'both');
  t.equal(bottleneckOf(0.5, 0.5), 'neither');
});

t.test('a table has the best first, aligned, and names who had faults', async (t) => {
  const lines = summarise(
    [figures('slow', 1, 200, { faults: 3 }), figures('nginx', 1, 20), figures('quick', 1, 16)],
    'nginx',
  );
  const [table, ...others] = tablesOf(lines, WORKS, 'nginx');
  t.same(others, []);
  t.same(
    table?.rows.map(([name]) => name),
    ['quick', 'nginx', 'slow (3 faults)'],
  );
  const text = table === undefined ? [] : textTable(table).split('\n').slice(1);
  t.equal(new Set(text.map((line) => line.length - line.trimEnd().length)).size, 1);
  t.match(text[1], /quick +16\.0 +0\.80 \(0\.80-0\.80\) +62,500 +500 us +2\.00 ms +10\.0 +proxy$/);
  t.match(table === undefined ? '' : markdownTable(table), /^\| nginx \| 20\.0 \| 1\.00 \(1\.00-1\.00\) \|/m);
});
