import t from 'tap';
import type { ExchangeRecord } from '../../../src/core/observer.ts';
import { Activity } from '../../../src/observe/activity.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';

const TUNNELS = [
  { method: 'CONNECT', status: 200 },
  { method: 'GET', status: 101 },
];
const ANSWERS = [
  { method: 'CONNECT', status: 502, error: 'upstream_unreachable' },
  { method: 'CONNECT', status: 405, error: 'method_not_allowed', path: ':22' },
  { method: 'GET', status: 200 },
];

const recordOf = (some: Partial<ExchangeRecord>): ExchangeRecord =>
  ({
    time: 0,
    totalMs: 60_000,
    host: 'a.test',
    path: '/',
    bytesIn: 1,
    ...some,
    connection: {},
  }) as ExchangeRecord;

t.test('how long a tunnel lasted is no measure of anybody, but its bytes count', async (t) => {
  const metrics = createMetrics({
    version: '1',
    connections: () => 0,
    endings: () => [],
    live: () => undefined,
  });
  for (const one of [...TUNNELS, ...ANSWERS]) metrics.observer.exchange(recordOf(one));
  const text = await metrics.text();
  t.match(text, /^sallyport_request_duration_seconds_count\{route=""\} 3$/m);
  t.match(text, /^sallyport_request_bytes_total 5$/m);
  t.match(text, /^sallyport_requests_total\{route="",status="200",error=""\} 2$/m);
});

t.test('nor on the dashboard, which shows a refused one as what was asked for', (t) => {
  const activity = new Activity();
  for (const one of TUNNELS) activity.observer.exchange(recordOf(one));
  t.match(activity.view().seconds, [{ requests: 2, p99: 0 }]);
  for (const one of ANSWERS) activity.observer.exchange(recordOf(one));
  t.match(activity.view(), { seconds: [{ p99: 60_000 }], refusals: [{ url: 'tcp+https://a.test:22' }] });
  t.end();
});
