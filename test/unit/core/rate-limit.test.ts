import t from 'tap';
import { RateLimit } from '../../../src/core/rate-limit.ts';

t.test('a burst at once, then evenly', (t) => {
  const limit = new RateLimit({ count: 10, periodMs: 1000, burst: 3 });
  const take = (now: number) => limit.take('a', now);
  t.strictSame(
    [0, 0, 0].map((now) => take(now).remaining),
    [2, 1, 0],
  );
  for (const [now, waitMs] of [
    [0, 100],
    [99, 1],
  ] as const) {
    const state = take(now);
    t.notOk(state.isAllowed);
    t.equal(Math.round(state.waitMs), waitMs);
  }
  t.match(take(100), { isAllowed: true, remaining: 0 });
  t.match(take(150), { isAllowed: false });
  t.match(take(10_000), { isAllowed: true, remaining: 2 }, 'rest brings it all back, and no more');
  t.end();
});

t.test('keys do not count for each other; looking counts nothing', (t) => {
  const limit = new RateLimit({ count: 1, periodMs: 1000, burst: 1 });
  t.ok(limit.isFree('a', 0));
  t.ok(limit.isFree('a', 0));
  limit.take('a', 0);
  t.notOk(limit.isFree('a', 999));
  t.ok(limit.isFree('b', 0));
  t.ok(limit.isFree('a', 1000));
  t.end();
});

t.test('over a long time exactly as many as were said', (t) => {
  const limit = new RateLimit({ count: 60, periodMs: 60_000, burst: 5 });
  let allowed = 0;
  for (let now = 0; now < 600_000; now += 50) if (limit.take('a', now).isAllowed) allowed++;
  t.equal(allowed, 600 + 4);
  t.end();
});

t.test('keys are forgotten when they have rested', (t) => {
  const limit = new RateLimit({ count: 10, periodMs: 1000, burst: 1 });
  for (let i = 0; i < 100_000; i++) limit.take(`key-${i}`, i);
  t.ok(limit.size <= 10_000, `${limit.size} keys`);
  t.end();
});

t.test('a flood of new keys takes no more memory than so many', (t) => {
  const limit = new RateLimit({ count: 1, periodMs: 1000, burst: 1 });
  for (let i = 0; i < 300_000; i++) limit.take(`key-${i}`, 0);
  t.ok(limit.size < 250_000, `${limit.size} keys`);
  t.notOk(limit.take('key-299999', 0).isAllowed, 'the last ones are remembered');
  t.ok(limit.take('key-0', 0).isAllowed, 'the first are not');
  t.end();
});
