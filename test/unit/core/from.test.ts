import t from 'tap';
import { isForTunnel, parseFrom, tunnelPort } from '../../../src/core/from.ts';

t.test('from is https and a host, exact or wildcard, in one spelling', (t) => {
  t.same(parseFrom('https://App.example.com'), { kind: 'exact', host: 'app.example.com' });
  t.same(parseFrom('https://app.example.com/'), { kind: 'exact', host: 'app.example.com' });
  t.same(parseFrom('https://app.example.com.'), { kind: 'exact', host: 'app.example.com' });
  t.same(parseFrom('https://*.corp.example.com'), { kind: 'wildcard', host: 'corp.example.com' });
  t.same(parseFrom('https://bücher.example'), { kind: 'exact', host: 'xn--bcher-kva.example' });
  t.same(parseFrom('https://[::1]:8443'), { kind: 'exact', host: '::1' });
  t.same(parseFrom('https://[::1]'), { kind: 'exact', host: '::1' });
  t.end();
});

t.test('the port takes no part in matching', (t) => {
  t.same(parseFrom('https://app.example.com:8443'), parseFrom('https://app.example.com'));
  t.end();
});

t.test('for CONNECT the port does', (t) => {
  t.same(parseFrom('TCP+HTTPS://*.Db.example.com:5432'), { kind: 'wildcard', host: 'db.example.com' });
  t.equal(tunnelPort('TCP+HTTPS://*.Db.example.com:5432/'), 5432);
  t.equal(tunnelPort('tcp+https://[::1]:22'), 22);
  t.equal(tunnelPort('https://a:22'), undefined);
  t.ok(isForTunnel('tcp+https://') && !isForTunnel('tls://a') && !isForTunnel('https://tcp+https'));
  t.end();
});

t.test('what is no from says why, and what to write', (t) => {
  const cases: [string, string][] = [
    ['app.example.com', "'app.example.com' has no scheme: write https://app.example.com"],
    ['//a', "'//a' has no scheme: write https://a"],
    ['http://a', 'only https:// is served here, not http://: write https://a'],
    ['udp+https://a:22', 'only https:// is served here, not udp+https://: write https://a:22'],
    ['tcp+https://a', "'tcp+https://a' has no port: write tcp+https://a:port, as clients ask for it"],
    [
      'tcp+https://[::1]',
      "'tcp+https://[::1]' has no port: write tcp+https://[::1]:port, as clients ask for it",
    ],
    ['tcp+https://a:', "'tcp+https://a:' has a bad port: write a number from 1 to 65535"],
    ['tcp+https://a:22/x', "'tcp+https://a:22/x' has a path, and CONNECT has none: write tcp+https://a:22"],
    ['https://u@a', "'https://u@a' has a user name in it: write https://host alone"],
    ['https://a/x', "'https://a/x' has a path: write https://a and put '/x' under prefix or path"],
    ['https://a/x?y', "'https://a/x?y' has a query or fragment: write https://a alone"],
    ['https://a:0', "'https://a:0' has a bad port: write a number from 1 to 65535 or none"],
    ['https://a.*.com', "'*' may only be the whole first label, as in '*.corp.example.com'"],
    ['https://', "'' is not a host name"],
  ];
  for (const [text, fault] of cases) t.equal(parseFrom(text), fault, text);
  t.end();
});
