import t from 'tap';
import { normalizeHostname } from '../../../src/core/hostname.ts';
import {
  atAddress,
  isRaw,
  isTls,
  parseRawTarget,
  parseTarget,
  sniOf,
  withServerName,
} from '../../../src/core/target.ts';

t.test('an https URL says where to connect and whom to expect', (t) => {
  t.strictSame(parseTarget('https://App.Internal:8443/'), {
    protocol: 'https',
    isH2c: false,
    host: 'app.internal',
    port: 8443,
    service: undefined,
    socketPath: undefined,
    serverName: 'app.internal',
    authority: 'app.internal:8443',
    name: 'https://app.internal:8443',
  });
  t.end();
});

t.test('the port of the scheme is implied, and not in the authority', (t) => {
  t.match(parseTarget('https://a.test'), { port: 443, authority: 'a.test', name: 'https://a.test:443' });
  t.match(parseTarget('http://a.test'), { port: 80, authority: 'a.test' });
  t.match(parseTarget('http://a.test:8080'), { port: 8080, authority: 'a.test:8080' });
  t.end();
});

t.test('an address is expected as an address and not named in the ClientHello', (t) => {
  const target = parseTarget('https://[::1]:9443');
  t.match(target, { host: '::1', serverName: '::1', authority: '[::1]:9443', name: 'https://[::1]:9443' });
  t.equal(sniOf(target), undefined);
  t.equal(sniOf(parseTarget('https://10.0.0.7')), undefined);
  t.equal(sniOf(withServerName(target, 'app.internal')), 'app.internal');
  t.end();
});

t.test('unix sockets speak http, or https where asked', (t) => {
  for (const url of ['unix:/run/app.sock', 'http+unix:///run/app.sock', 'unix:///run/app.sock'])
    t.match(parseTarget(url), {
      protocol: 'http',
      socketPath: '/run/app.sock',
      authority: 'localhost',
      name: 'unix:/run/app.sock',
    });
  t.match(parseTarget('h2c://app.test'), {
    protocol: 'http',
    isH2c: true,
    port: 80,
    name: 'h2c://app.test:80',
  });
  t.match(parseTarget('https+unix:///run/app.sock'), { protocol: 'https', serverName: '' });
  t.end();
});

t.test('SRV records say where, the domain in their name who', (t) => {
  t.strictSame(parseTarget('srv+https://_API._tcp.Corp.example.com/'), {
    protocol: 'https',
    isH2c: false,
    host: 'corp.example.com',
    port: 0,
    service: '_api._tcp.corp.example.com',
    socketPath: undefined,
    serverName: 'corp.example.com',
    authority: 'corp.example.com',
    name: 'srv+https://_api._tcp.corp.example.com',
  });
  const h2c = parseTarget('srv+h2c://_a._tcp.b.test');
  const [host, address] = [normalizeHostname('node.test'), normalizeHostname('[::7]')];
  if (host === undefined || address === undefined) throw new Error('no names');
  t.match(atAddress(h2c, host, 81, address), {
    isH2c: true,
    host: '::7',
    port: 81,
    service: undefined,
    serverName: 'b.test',
    authority: 'b.test',
    name: 'h2c://node.test:81 (::7)',
  });
  t.end();
});

t.test('what is no address of an app is refused with what to write instead', (t) => {
  const bad: [string, RegExp][] = [
    ['app.internal:8080', /no scheme known here|not a URL/],
    ['//a.test', /not a URL/],
    ['https://', /no valid host/],
    ['https://a b', /no valid host/],
    ['https://a.test:0', /port/],
    ['https://a.test:70000', /port/],
    ['https://a.test:x', /no valid host/],
    ['https://user:pass@a.test', /user name/],
    ['https://a.test/base', /prefix_rewrite: \/base/],
    ['https://a.test?x', /query/],
    ['h2://a.test', /not spoken/],
    ['unix:run/app.sock', /absolute/],
    ['unix://host/run/app.sock', /absolute/],
    ['unix:/', /absolute/],
    ['srv+https://_a._tcp.b.test:443', /has a port/],
    ['srv+https://b.test', /names no service: write srv\+https/],
    ['srv+https://_a._tcp', /names no service/],
    ['srv+http://_a._tcp.10.0.0.1', /no valid host|names no service/],
    ['srv+unix:/run/app.sock', /not for SRV records/],
    ['srv+tcp://_a._tcp.b.test', /not for SRV records/],
  ];
  for (const [url, message] of bad) t.throws(() => parseTarget(url), { message }, url);
  t.end();
});

t.test('where bytes go as they are, in clear text or by TLS', (t) => {
  const plain = parseRawTarget('tcp://Db.Internal:5432');
  t.match(plain, { protocol: 'tcp', host: 'db.internal', port: 5432, name: 'tcp://db.internal:5432' });
  const secure = parseRawTarget('TLS://[::1]:6379/');
  t.match(secure, { protocol: 'tls', host: '::1', serverName: '::1', name: 'tls://[::1]:6379' });
  t.strictSame([isRaw(plain), isTls(plain), isRaw(secure), isTls(secure)], [true, false, true, true]);
  t.notOk(isRaw(parseTarget('https://a.test')));
  for (const url of [
    'tcp://a',
    'tcp://a:0',
    'tls://a:70000',
    'tcp://u@a:1',
    'tcp://a:1/x',
    'https://a:1',
    'tls://:1',
  ])
    t.throws(() => parseRawTarget(url), { message: /write tcp:\/\/host:port or tls/ }, url);
  t.end();
});
