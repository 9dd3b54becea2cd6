import t from 'tap';
import { parseTargetUrl, splitWeight } from '../../../src/config/target.ts';

t.test('an address of an app has one spelling', (t) => {
  const cases: [string, string][] = [
    ['https://App.Example.com:8443/', 'https://app.example.com:8443'],
    ['HTTPS://app.example.com', 'https://app.example.com'],
    ['http://10.0.0.7:08080', 'http://10.0.0.7:8080'],
    ['https://[0:0:0:0:0:0:0:1]:1', 'https://[::1]:1'],
    ['https://[::1]', 'https://[::1]'],
    ['unix:/run/a.sock', 'http+unix:///run/a.sock'],
    ['unix:///run/a.sock', 'http+unix:///run/a.sock'],
    ['http+unix:///run/a.sock', 'http+unix:///run/a.sock'],
    ['https+unix:///run/a.sock', 'https+unix:///run/a.sock'],
  ];
  for (const [text, url] of cases) t.same(parseTargetUrl(text), { url }, text);
  t.end();
});

t.test('what is no address of an app is said to be none', (t) => {
  const cases: [string, RegExp][] = [
    ['app.example.com', /is not an address of an app: write https:/],
    ['ftp://a', /is not an address of an app/],
    ['unix:run/a.sock', /is not an address of an app/],
    ['https://', /is not a host name/],
    ['https://u:p@a', /is not a host name/],
    ['https://a b', /is not a host name/],
    ['https://a:0', /bad port/],
    ['https://a:65536', /bad port/],
    ['https://a:', /bad port/],
    ['https://a:x', /is not a host name/],
    ['https://a/base', /has a path: write https:\/\/a and use prefix_rewrite/],
    ['https://a?q', /has a path/],
  ];
  for (const [text, fault] of cases) t.match(parseTargetUrl(text), { fault }, text);
  t.end();
});

t.test('a weight stands behind the last comma', (t) => {
  t.same(splitWeight('https://a,3'), { url: 'https://a', weight: 3 });
  t.same(splitWeight('https://a, 3'), { url: 'https://a', weight: 3 });
  t.same(splitWeight('https://a'), { url: 'https://a', weight: undefined });
  t.same(splitWeight('https://a,x'), { url: 'https://a', weight: Number.NaN });
  t.end();
});
