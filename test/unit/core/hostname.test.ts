import t from 'tap';
import { normalizeHostname, parseAuthority } from '../../../src/core/hostname.ts';
import { HostMap, parseHostPattern } from '../../../src/core/host-map.ts';

t.test('a host has one spelling, whatever its case, trailing dot or alphabet', (t) => {
  for (const text of ['a.example.com', 'A.Example.COM', 'a.example.com.'])
    t.equal(normalizeHostname(text), 'a.example.com');
  t.equal(normalizeHostname('bücher.example'), 'xn--bcher-kva.example');
  t.equal(normalizeHostname('xn--bcher-kva.example'), 'xn--bcher-kva.example');
  t.equal(normalizeHostname('a。example'), 'a.example', 'the ideographic full stop is a dot');
  t.equal(normalizeHostname('[::1]'), '::1');
  t.equal(normalizeHostname('[0:0:0:0:0:0:0:1]'), '::1');
  t.equal(normalizeHostname('127.0.0.1'), '127.0.0.1');
  t.end();
});

t.test('what is not a host name is refused', (t) => {
  const bad = [
    '',
    '.',
    'a..b',
    '.a',
    'a..',
    'a b',
    'a/b',
    'a@b',
    'a:b',
    '-a.example',
    'a-.example',
    'a\0b',
    'a%2eb',
  ];
  for (const text of [
    ...bad,
    '127.1',
    '1.2.3.999',
    '0x7f.1',
    '[::1',
    '::1',
    '[fe80::1%eth0]',
    'x'.repeat(64),
    '*.a',
  ])
    t.equal(normalizeHostname(text), undefined, JSON.stringify(text));
  t.end();
});

t.test('an authority is a host and at most a port', (t) => {
  t.same(parseAuthority('A.example:8443'), { host: 'a.example', port: 8443 });
  t.same(parseAuthority('a.example'), { host: 'a.example', port: undefined });
  t.same(parseAuthority('a.example:'), { host: 'a.example', port: undefined });
  t.same(parseAuthority('[::1]:443'), { host: '::1', port: 443 });
  for (const text of ['u@a.example', 'a:65536', 'a:1:2', 'a:x', 'a:+1', '[::1]443', ':443'])
    t.equal(parseAuthority(text), undefined, text);
  t.end();
});

t.test('a wildcard may only be the whole first label', (t) => {
  t.same(parseHostPattern('*.Corp.example.com'), { kind: 'wildcard', host: 'corp.example.com' });
  for (const text of ['*', '*.', 'a.*.com', 'a*.com', '*a.com', '**.com', '*.127.0.0.1'])
    t.type(parseHostPattern(text), 'string', text);
  t.end();
});

t.test('exact beats wildcard, a longer wildcard beats a shorter one, a miss finds nothing', (t) => {
  const map = new HostMap<string>();
  for (const text of ['a.corp.example.com', '*.corp.example.com', '*.example.com']) {
    const pattern = parseHostPattern(text);
    if (typeof pattern === 'string') throw new Error(pattern);
    map.set(pattern, text);
  }
  const find = (text: string) => {
    const host = normalizeHostname(text);
    return host === undefined ? undefined : map.lookup(host);
  };
  t.equal(find('a.corp.example.com'), 'a.corp.example.com');
  t.equal(find('b.corp.example.com'), '*.corp.example.com');
  t.equal(find('x.b.corp.example.com'), '*.corp.example.com', 'one or more labels');
  t.equal(find('corp.example.com'), '*.example.com');
  t.equal(find('example.com'), undefined, 'a wildcard does not cover its own suffix');
  t.equal(find('example.org'), undefined);
  t.end();
});
