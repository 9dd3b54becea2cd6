import { Registry } from 'prom-client';
import t from 'tap';
import { Tally } from '../../../src/observe/tally.ts';

t.test('counts by labels, and says so once a scrape', async (t) => {
  const registry = new Registry();
  const tally = new Tally(registry, 'doors_total', 'Doors.', ['colour', 'state']);
  tally.add(1, 'red', 'open');
  tally.add(2, 'red', 'open');
  tally.add(1, 'a "blue"\n', '');
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('doors'));
  const expected = [
    'doors_total{colour="red",state="open"} 3',
    'doors_total{colour="a \\"blue\\"\\n",state=""} 1',
  ];
  t.strictSame(await lines(), expected);
  t.strictSame(await lines(), expected);
});

t.test('labels that somebody makes up do not fill the memory', async (t) => {
  const registry = new Registry();
  const tally = new Tally(registry, 'doors_total', 'Doors.', ['colour']);
  for (let i = 0; i < 12_000; i++) tally.add(1, `colour ${i}`);
  const text = await registry.metrics();
  t.ok(text.split('\n').length < 2100);
  t.match(text, 'doors_total{colour="other"} 10000');
});
