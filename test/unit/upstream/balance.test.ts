import t from 'tap';
import { type BalancePolicy, createBalance, WeightedRoundRobin } from '../../../src/upstream/balance.ts';

const turns = (balance: WeightedRoundRobin, count: number): string =>
  Array.from({ length: count }, () => balance.next(() => false)).join('');

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
  for (let i = 0; i < 5; i++)
    t.equal(
      balance.next((index) => index === 0),
      1,
    );
  t.equal(
    balance.next(() => true),
    -1,
  );
  t.equal(
    new WeightedRoundRobin([]).next(() => false),
    -1,
  );
  t.end();
});

const nobodyOut = (): boolean => false;

function shares(policy: BalancePolicy, weights: number[], active: number[] = [], keys = false): number[] {
  const balance = createBalance(policy, {
    names: weights.map((_, index) => `app-${index}`),
    weights,
    active: (index) => active[index] ?? 0,
  });
  const counts = weights.map(() => 0);
  for (let i = 0; i < 6000; i++) {
    const index = balance.next(nobodyOut, keys ? `key-${i}` : undefined);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count) => Math.round((count / 6000) * 10) / 10);
}

t.test('each policy gives by weight', (t) => {
  for (const policy of ['RANDOM', 'RING_HASH', 'MAGLEV'] as const)
    t.strictSame(shares(policy, [3, 1, 1], [], true), [0.6, 0.2, 0.2], policy);
  t.end();
});

t.test('the less busy of two', (t) => {
  const [busy = 1, ...others] = shares('LEAST_REQUEST', [1, 1, 1], [100, 0, 0]);
  t.ok(busy < 0.05, 'one that is much busier gets nothing');
  t.strictSame(others, [0.5, 0.5]);
  t.end();
});

t.test('a key finds its endpoint again, and few keys move when one goes', (t) => {
  const names = ['a', 'b', 'c', 'd'];
  const balance = createBalance('RING_HASH', { names, weights: [1, 1, 1, 1], active: () => 0 });
  const keys = Array.from({ length: 1000 }, (_, index) => `client-${index}`);
  const before = keys.map((key) => balance.next(nobodyOut, key));
  t.strictSame(
    keys.map((key) => balance.next(nobodyOut, key)),
    before,
  );
  const after = keys.map((key) => balance.next((index) => index === 2, key));
  t.ok(keys.every((_, index) => before[index] === 2 || after[index] === before[index]));
  t.notOk(after.includes(2));
  t.end();
});
