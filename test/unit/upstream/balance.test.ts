import t from 'tap';
import { WeightedRoundRobin } from '../../../src/upstream/balance.ts';

const turns = (balance: WeightedRoundRobin, count: number): string =>
  Array.from({ length: count }, () => balance.next()).join('');

t.test('equal weights take turns', (t) => {
  t.equal(turns(new WeightedRoundRobin([1, 1, 1]), 6), '012012');
  t.end();
});

t.test('a heavy one gets its share, spread out', (t) => {
  t.equal(turns(new WeightedRoundRobin([5, 1, 1]), 7), '0010200');
  t.end();
});

t.test('the one to avoid is not picked while there is another', (t) => {
  const balance = new WeightedRoundRobin([10, 1]);
  for (let i = 0; i < 5; i++) t.equal(balance.next(0), 1);
  t.equal(new WeightedRoundRobin([1]).next(0), 0, 'a single one is tried again');
  t.equal(new WeightedRoundRobin([]).next(), -1);
  t.end();
});
