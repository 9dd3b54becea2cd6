import t from 'tap';
import { type ErrorCode, SallyportError } from '../../../src/core/errors.ts';
import { mayDialAnother, mayRetry } from '../../../src/forward/retry.ts';
import type { OutgoingHead, Sent } from '../../../src/upstream/contract.ts';

const get: OutgoingHead = {
  method: 'GET',
  target: '/',
  headers: [],
  contentLength: 0,
  upgrade: undefined,
  isFresh: false,
};
const may = (head: Partial<OutgoingHead>, code: ErrorCode, sent: Sent): boolean =>
  mayRetry({ ...get, ...head }, new SallyportError(code), sent);

t.test('an idempotent request without a body gets one second try', (t) => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
    t.ok(may({ method }, 'upstream_reset', 'all'), method);
  t.end();
});

t.test('a POST is never sent again, not even one that never left', (t) => {
  for (const sent of ['none', 'partial', 'all'] as const)
    for (const code of ['upstream_reset', 'upstream_unreachable'] as const)
      t.notOk(may({ method: 'POST' }, code, sent));
  t.notOk(may({ method: 'PATCH' }, 'upstream_reset', 'none'));
  t.end();
});

t.test('nothing with a body, no upgrade and nothing that was answered badly is sent again', (t) => {
  t.notOk(may({ method: 'PUT', contentLength: 3 }, 'upstream_reset', 'none'));
  t.notOk(may({ method: 'PUT', contentLength: undefined }, 'upstream_reset', 'none'));
  t.notOk(may({ upgrade: 'websocket' }, 'upstream_reset', 'none'));
  t.notOk(may({}, 'upstream_protocol', 'all'));
  t.notOk(may({}, 'upstream_timeout', 'all'));
  t.end();
});

t.test('an app that cannot be reached is tried again only where nothing had left', (t) => {
  t.ok(may({}, 'upstream_unreachable', 'none'));
  t.notOk(may({}, 'upstream_unreachable', 'all'));
  t.end();
});

t.test('of a tunnel each address is tried once, as long as nothing was said to any', (t) => {
  const unreachable = new SallyportError('upstream_unreachable');
  t.ok(mayDialAnother(unreachable, 1, 2));
  t.ok(mayDialAnother(new SallyportError('upstream_connect_timeout'), 2, 3));
  t.notOk(mayDialAnother(unreachable, 2, 2));
  t.notOk(mayDialAnother(new SallyportError('upstream_tls'), 1, 2));
  t.end();
});
