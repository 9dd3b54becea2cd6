import t from 'tap';
import { parseCpuList } from '../../../bench/run/machine.ts';
import { benchUsage, parseBenchOptions } from '../../../bench/run/options.ts';

const CHOICES = { peers: ['nginx', 'ours'], works: ['idle', 'full'] };

t.test('without options everything is measured three times', async (t) => {
  t.same(parseBenchOptions([], CHOICES), { rounds: 3, ...CHOICES, isWhole: true });
});

t.test('a part keeps the order of the whole and may not publish', async (t) => {
  t.same(parseBenchOptions(['--rounds', '5', '--only', 'ours,nginx', '--work', 'full'], CHOICES), {
    rounds: 5,
    peers: ['nginx', 'ours'],
    works: ['full'],
    isWhole: false,
  });
});

t.test('wrong usage says what is wanted', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['--rounds', '0'], /--rounds wants/],
    [['--only', 'apache'], /'apache' is none of nginx, ours/],
    [['--work', ''], /'' is none of idle, full/],
    [['--fast'], /--fast/],
    [['extra'], /extra/],
  ];
  for (const [args, message] of wrong)
    t.throws(() => parseBenchOptions(args, CHOICES), { name: 'UsageError', message }, args.join(' '));
  t.match(benchUsage(CHOICES), /nginx,ours[\s\S]*idle,full/);
});

t.test('the list of allowed processors is read as Linux writes it', async (t) => {
  t.same(parseCpuList('0-2,5,7-8'), [0, 1, 2, 5, 7, 8]);
  t.same(parseCpuList('3'), [3]);
});
