import t from 'tap';
import { copyEndToEnd } from '../../../src/forward/hop-by-hop.ts';
import { isManagedName } from '../../../src/core/managed-names.ts';

const sift = (direction: 'request' | 'response', ...headers: string[]): string[] => {
  const out: string[] = [];
  copyEndToEnd(headers, direction, out);
  return out;
};

t.test('what a connection says about itself stays on it', (t) => {
  const hop = ['Keep-Alive', '5', 'TE', 'gzip', 'Upgrade', 'x', 'Trailer', 'x', 'Proxy-Authorization', 'x'];
  t.same(sift('request', 'Accept', '*/*', 'Connection', 'close', ...hop), ['Accept', '*/*']);
  t.same(sift('response', 'X-A', '1', 'Transfer-Encoding', 'chunked', 'Content-Length', '3'), ['X-A', '1']);
  t.end();
});

t.test('whatever Connection lists goes too, in any case and in any of its copies', (t) => {
  const sifted = sift(
    'request',
    'X-A',
    '1',
    'connection',
    'x-a , keep-alive',
    'CONNECTION',
    'X-B',
    'x-b',
    '2',
    'x-c',
    '3',
  );
  t.same(sifted, ['x-c', '3']);
  t.end();
});

t.test('order and copies of the other fields are kept', (t) => {
  const kept = ['Accept', 'a', 'Cookie', '1', 'accept', 'b', 'cookie', '2'];
  t.same(sift('request', ...kept), kept);
  t.end();
});

t.test('names that only the proxy may say are removed in every disguise', (t) => {
  const names = ['Client-Cert', 'client_cert', 'CLIENT.CERT', 'Client-Cert-Chain', 'X-Forwarded-Client-Cert'];
  names.push(
    'x_forwarded_for',
    'X-Forwarded-Proto',
    'Forwarded',
    'X-Real-IP',
    'x-real_ip',
    'X-Request-Id',
    'Proxy',
  );
  names.push('X-SSL-Client-Verify', 'ssl-client-cert', 'X-Pomerium-Jwt-Assertion', 'X-Original-URL', 'Host');
  for (const name of names) t.same(sift('request', name, 'forged'), [], name);
  for (const name of names.slice(0, -1)) t.ok(isManagedName(name), name);
  for (const name of ['Accept', 'Cookie', 'X-Client', 'Authorization', 'X-Request-Start', 'Via'])
    t.notOk(isManagedName(name), name);
  t.end();
});

t.test('an answer may carry names that a request may not', (t) => {
  t.same(sift('response', 'X-Forwarded-Thing', '1'), ['X-Forwarded-Thing', '1']);
  t.end();
});
