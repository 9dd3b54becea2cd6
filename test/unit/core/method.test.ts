import t from 'tap';
import { isIdempotentMethod } from '../../../src/core/method.ts';

t.test('only registered methods promise to be idempotent', (t) => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) t.ok(isIdempotentMethod(method));
  for (const method of ['POST', 'PATCH', 'CONNECT', 'get', 'X', ''])
    t.notOk(isIdempotentMethod(method), method);
  t.end();
});
