import t from 'tap';
import { normalizeHostname } from '../../../src/core/hostname.ts';
import type { Issue } from '../../../src/core/issue.ts';
import { anyPath, type PathMatcher, parsePrefix } from '../../../src/route/matcher.ts';
import { parsePath } from '../../../src/route/path.ts';
import { compileRedirect } from '../../../src/route/redirect.ts';
import type { RedirectSettings } from '../../../src/route/settings.ts';
import { compileStaticResponse } from '../../../src/route/static-response.ts';

interface Asked {
  target?: string;
  host?: string;
  port?: number;
  matcher?: PathMatcher;
}

function locationOf(settings: RedirectSettings, { target = '/a/b?c=d', host, port, matcher }: Asked = {}) {
  const issues: Issue[] = [];
  const redirect = compileRedirect(settings, matcher ?? anyPath, issues);
  const name = normalizeHostname(host ?? 'a.example');
  const request = parsePath(target);
  if (redirect === undefined || name === undefined || typeof request === 'string')
    throw new Error(JSON.stringify([issues, name, request]));
  return redirect.location(name, port, request);
}

t.test('each setting changes its part of the address and keeps the rest', (t) => {
  t.equal(locationOf({ host_redirect: 'B.example.' }), 'https://b.example/a/b?c=d');
  t.equal(locationOf({ host_redirect: 'b.example' }, { port: 8443 }), 'https://b.example/a/b?c=d');
  t.equal(locationOf({ port_redirect: 8443 }), 'https://a.example:8443/a/b?c=d');
  t.equal(locationOf({ port_redirect: 443 }, { port: 8443 }), 'https://a.example/a/b?c=d');
  t.equal(locationOf({ scheme_redirect: 'http' }, { port: 8443 }), 'http://a.example/a/b?c=d');
  t.equal(locationOf({ path_redirect: '/new' }, { port: 8443 }), 'https://a.example:8443/new?c=d');
  t.equal(locationOf({ path_redirect: '/new', strip_query: true }), 'https://a.example/new');
  t.equal(locationOf({ path_redirect: '/new' }, { host: '[::1]', port: 8443 }), 'https://[::1]:8443/new?c=d');
  const prefix = parsePrefix('/a');
  if (typeof prefix === 'string') throw new Error(prefix);
  t.equal(locationOf({ prefix_rewrite: '/z' }, { matcher: prefix }), 'https://a.example/z/b?c=d');
  t.equal(locationOf({ path_redirect: '/café x' }, { target: '/' }), 'https://a.example/caf%C3%A9%20x');
  t.end();
});

t.test('the location never leads to a host of the path or holds a line break', (t) => {
  for (const target of [
    '//evil.example',
    '///evil.example/x',
    '/%0d%0aSet-Cookie:x',
    '/x?//evil',
    '//evil@x',
  ])
    t.match(locationOf({ host_redirect: 'b.example' }, { target }), /^https:\/\/b\.example\/[\x21-\x7e]*$/);
  const prefix = parsePrefix('/a');
  if (typeof prefix === 'string') throw new Error(prefix);
  t.equal(
    locationOf({ prefix_rewrite: '/' }, { target: '/a//evil.example', matcher: prefix }),
    'https://a.example/evil.example',
  );
  t.end();
});

t.test('the status is 301 unless another redirect is configured', (t) => {
  const issues: Issue[] = [];
  t.equal(compileRedirect({ path_redirect: '/x' }, anyPath, issues)?.status, 301);
  t.equal(compileRedirect({ path_redirect: '/x', response_code: 308 }, anyPath, issues)?.status, 308);
  t.same(issues, []);
  t.end();
});

t.test('a redirect that cannot be made says where it is wrong', (t) => {
  const cases: [RedirectSettings, string][] = [
    [{ https_redirect: true }, ''],
    [{}, ''],
    [{ https_redirect: true, scheme_redirect: 'http' }, 'scheme_redirect'],
    [{ scheme_redirect: 'ftp', path_redirect: '/x' }, 'scheme_redirect'],
    [{ host_redirect: 'a b' }, 'host_redirect'],
    [{ host_redirect: 'a\r\nb' }, 'host_redirect'],
    [{ host_redirect: 'b.example', port_redirect: 0 }, 'port_redirect'],
    [{ host_redirect: 'b.example', response_code: 200 }, 'response_code'],
    [{ host_redirect: 'b.example', path_redirect: '/x', prefix_rewrite: '/y' }, 'prefix_rewrite'],
    [{ host_redirect: 'b.example', path_redirect: '//evil' }, 'path_redirect'],
    [{ host_redirect: 'b.example', path_redirect: '/x\r\nA: b' }, 'path_redirect'],
    [{ host_redirect: 'b.example', prefix_rewrite: 'x' }, 'prefix_rewrite'],
  ];
  for (const [settings, key] of cases) {
    const issues: Issue[] = [];
    t.equal(compileRedirect(settings, anyPath, issues), undefined, JSON.stringify(settings));
    t.match(
      issues.map((issue) => issue.path.join('.')),
      [key === '' ? 'redirect' : `redirect.${key}`],
    );
  }
  t.end();
});

t.test('a static response is text unless it says otherwise, and cannot set framing', (t) => {
  const issues: Issue[] = [];
  t.same(compileStaticResponse({ body: 'höi' }, issues), {
    status: 200,
    headers: ['content-type', 'text/plain; charset=utf-8'],
    body: Buffer.from('höi'),
  });
  t.same(compileStaticResponse({ status: 204 }, issues)?.headers, []);
  t.same(
    compileStaticResponse({ body: '{}', headers: { 'Content-Type': 'application/json' } }, issues)?.headers,
    ['content-type', 'application/json'],
  );
  t.same(issues, []);
  for (const headers of [{ 'content-length': '3' }, { 'a b': 'x' }, { a: 'x\r\ny: z' }])
    t.equal(compileStaticResponse({ headers }, issues), undefined);
  t.equal(issues.length, 3);
  t.end();
});
