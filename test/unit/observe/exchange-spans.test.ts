import t from 'tap';
import { spansOf } from '../../../src/observe/exchange-spans.ts';
import { anExchange } from '../../support/log-records.ts';

t.test('an attempt says where it went, however the address is written', (t) => {
  const trace = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    parentSpanId: undefined,
    state: '',
    isSampled: true,
  };
  const attempt = {
    spanId: 'c'.repeat(16),
    target: '/a?secret',
    startedMs: 1,
    endedMs: 2,
    status: 200,
    error: undefined,
  };
  for (const [endpoint, expected] of [
    [
      'https://app.internal:8443',
      { 'url.full': 'https://app.internal:8443/a', 'server.address': 'app.internal' },
    ],
    [
      'https://app.internal:8443 (10.0.0.7)',
      {
        'url.full': 'https://app.internal:8443/a',
        'server.address': 'app.internal',
        'server.port': 8443,
        'network.peer.address': '10.0.0.7',
      },
    ],
    ['h2c://[::1]:80', { 'url.full': 'http://[::1]:80/a', 'server.address': '::1', 'server.port': 80 }],
    ['unix:/run/app.sock', { 'url.full': undefined, 'server.address': 'unix:/run/app.sock' }],
  ] as const) {
    const [, span] = spansOf(anExchange, { ...trace, attempts: [{ ...attempt, endpoint }] });
    t.match(Object.fromEntries(span?.attributes ?? []), expected, endpoint);
  }
  t.end();
});
