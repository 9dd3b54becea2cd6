import t from 'tap';
import type { ExchangeRecord } from '../../../src/core/observer.ts';
import { Activity, mergeActivity } from '../../../src/observe/activity.ts';

const T0 = 1_800_000_000_000;

function record(after: number, more: Partial<ExchangeRecord> = {}): ExchangeRecord {
  const usual = {
    time: T0 + after,
    totalMs: 10,
    status: 200,
    disposition: 'keep',
    host: 'a.test',
    path: '/x',
    route: 'a',
  };
  return { ...usual, connection: { remoteAddress: '192.0.2.1' }, ...more } as ExchangeRecord;
}

t.test('seconds with what happened in them', (t) => {
  const activity = new Activity();
  const exchange = (one: ExchangeRecord): void => activity.observer.exchange(one);
  for (let i = 1; i <= 100; i++) exchange(record(0, { totalMs: i }));
  exchange(record(1000, { status: 502, error: 'upstream_reset' }));
  exchange(record(1100, { status: 403, error: 'denied', reason: 'deny_rule' }));
  exchange(record(1200, { status: 200, error: 'client_closed', disposition: 'abort' }));
  t.match(activity.view().seconds, [
    { at: T0 / 1000, requests: 100, failed: 0, refused: 0, p50: 51, p99: 100 },
    { requests: 3, failed: 1, refused: 1 },
  ]);
  t.match(activity.view().refusals, [
    { reason: 'deny_rule', count: 1, url: 'https://a.test/x', address: '192.0.2.1' },
  ]);
  t.strictSame(activity.view().routes, [{ name: 'a', requests: 103, failed: 1, refused: 1 }]);
  t.end();
});

t.test('two minutes are kept, and no more reasons than there is room for', (t) => {
  const activity = new Activity();
  for (let second = 0; second < 300; second++) activity.observer.exchange(record(second * 1000));
  t.equal(activity.view().seconds.length, 120);
  for (let i = 0; i < 100; i++)
    activity.observer.exchange(record(300_000, { status: 400, error: 'bad_host', reason: `r${i}` }));
  t.equal(activity.view().refusals.length, 50);
  for (let i = 0; i < 1100; i++) activity.observer.exchange(record(300_000, { route: `r${i}` }));
  t.equal(activity.view().routes.length, 1000);
  t.end();
});

t.test('several processes as one', (t) => {
  const [one, other] = [new Activity(), new Activity()];
  const refused = { status: 403, error: 'denied', reason: 'x' } as const;
  one.observer.exchange(record(0, { totalMs: 5 }));
  other.observer.exchange(record(0, { totalMs: 50, ...refused }));
  other.observer.exchange(record(2000, refused));
  one.observer.exchange(record(2000, refused));
  const { seconds, refusals, routes } = mergeActivity([one.view(), other.view()]);
  t.match(seconds, [
    { requests: 2, refused: 1, p99: 50 },
    { requests: 2, refused: 2 },
  ]);
  t.match(refusals, [{ reason: 'x', count: 3 }]);
  t.strictSame(routes, [{ name: 'a', requests: 4, failed: 0, refused: 3 }]);
  t.end();
});
