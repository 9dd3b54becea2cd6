import t from 'tap';
import { parseListenAddress } from '../../../src/config/listen-address.ts';

t.test('an address is a port, a host and port, or a unix socket', (t) => {
  t.same(parseListenAddress(':443'), { port: 443 });
  t.same(parseListenAddress(':0'), { port: 0 });
  t.same(parseListenAddress('127.0.0.1:8443'), { host: '127.0.0.1', port: 8443 });
  t.same(parseListenAddress('localhost:8443'), { host: 'localhost', port: 8443 });
  t.same(parseListenAddress('[::1]:8443'), { host: '::1', port: 8443 });
  t.same(parseListenAddress('unix:/run/sallyport.sock'), { path: '/run/sallyport.sock' });
  t.end();
});

t.test('anything else is none', (t) => {
  for (const text of [
    '',
    '443',
    ':',
    ':x',
    ':65536',
    '::1:443',
    '[::1]',
    '[x]:1',
    'https://a:1',
    'a b:1',
    'unix:run',
    'unix:',
  ])
    t.equal(parseListenAddress(text), undefined, text);
  t.end();
});
