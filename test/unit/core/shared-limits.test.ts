import t from 'tap';
import { RateLimit } from '../../../src/core/rate-limit.ts';
import { SharedLimits, type Take } from '../../../src/core/shared-limits.ts';

const RATE = { count: 10, periodMs: 3_600_000, burst: 10 };

function setUp() {
  const sent: (readonly Take[])[] = [];
  const [here, there] = [new RateLimit(RATE), new RateLimit(RATE)];
  const others = new SharedLimits();
  const shared = new SharedLimits();
  shared.tell((takes) => {
    sent.push(takes);
    others.learn(takes);
  });
  shared.use('requests', [['a', here]]);
  others.use('requests', [['a', there]]);
  return { shared, here, there, sent };
}

const takes = (limit: RateLimit, key: string, count: number): boolean[] =>
  Array.from({ length: count }, () => limit.take(key, performance.now()).isAllowed);

t.test('what one lets through counts for the other, and is told once', (t) => {
  const { shared, here, there, sent } = setUp();
  takes(here, 'x', 7);
  takes(here, 'y', 1);
  shared.flush();
  shared.flush();
  t.strictSame(sent, [
    [
      ['requests', 'a', 'x', 7],
      ['requests', 'a', 'y', 1],
    ],
  ]);
  t.strictSame(takes(there, 'x', 4), [true, true, true, false]);
  t.end();
});

t.test('what both have let through at the same moment is owed', (t) => {
  const { shared, here, there } = setUp();
  takes(here, 'x', 10);
  takes(there, 'x', 10);
  shared.flush();
  const { isAllowed, waitMs } = there.take('x', performance.now());
  t.notOk(isAllowed);
  t.ok(waitMs > (RATE.periodMs / RATE.count) * 10.9, 'the long-time rate holds');
  t.end();
});

t.test('what was refused is not told, and by itself it is told soon', async (t) => {
  const { promise, resolve } = Promise.withResolvers<readonly Take[]>();
  const shared = new SharedLimits();
  const mute = shared.tell(resolve);
  const limit = new RateLimit(RATE);
  shared.use('requests', [['a', limit]]);
  takes(limit, 'x', 15);
  const alive = setTimeout(() => {}, 10_000);
  t.strictSame(await promise, [['requests', 'a', 'x', 10]]);
  clearTimeout(alive);
  mute();
  takes(limit, 'y', 1);
  shared.tell(() => t.fail('what came while nobody was told is not told later'));
  shared.flush();
});

t.test('many keys do not wait', (t) => {
  const { here, sent } = setUp();
  for (let i = 0; i < 1500; i++) here.take(`key-${i}`, performance.now());
  t.equal(sent[0]?.length, 1000);
  t.end();
});

t.test('what a reload leaves out is no longer told, nor heard', (t) => {
  const { shared, here, there, sent } = setUp();
  takes(here, 'x', 1);
  shared.use('requests', []);
  t.equal(sent.length, 1, 'but for what was waiting');
  takes(here, 'x', 1);
  shared.flush();
  t.equal(sent.length, 1);
  shared.learn([['requests', 'a', 'x', 9]]);
  t.strictSame(takes(here, 'x', 8).every(Boolean), true);
  t.strictSame(takes(there, 'x', 9).every(Boolean), true);
  t.end();
});
