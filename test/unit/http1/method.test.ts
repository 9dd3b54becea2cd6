import t from 'tap';
import { isIdempotentMethod, isSafeMethod } from '../../../src/http1/method.ts';

t.test('only registered methods promise to be safe or idempotent', (t) => {
  for (const method of ['GET', 'HEAD', 'OPTIONS']) t.ok(isSafeMethod(method) && isIdempotentMethod(method));
  for (const method of ['PUT', 'DELETE']) t.ok(!isSafeMethod(method) && isIdempotentMethod(method));
  for (const method of ['POST', 'PATCH', 'CONNECT', 'get', 'X', ''])
    t.notOk(isIdempotentMethod(method), method);
  t.end();
});
