import t from 'tap';
import { type Hostname, normalizeHostname } from '../../../src/core/hostname.ts';
import { pathText } from '../../../src/core/issue.ts';
import { parsePath, type RequestPath } from '../../../src/route/path.ts';
import type { RouteSettings } from '../../../src/route/settings.ts';
import { compileRoutes, RouteTableBuilder } from '../../../src/route/table.ts';

const host = (text: string): Hostname => {
  const name = normalizeHostname(text);
  if (name === undefined) throw new Error(text);
  return name;
};
const path = (text: string): RequestPath => {
  const parsed = parsePath(text);
  if (typeof parsed === 'string') throw new Error(`${text}: ${parsed}`);
  return parsed;
};

/** Compiles the routes and answers `host/path` with the name of the route, or the miss. */
function ask(routes: RouteSettings[]): (name: string, target?: string) => string {
  const { table, issues } = compileRoutes(routes);
  if (issues.length > 0) throw new Error(JSON.stringify(issues));
  return (name, target = '/') => {
    const found = table.match(host(name), path(target));
    return typeof found === 'string' ? found : found.name;
  };
}
const to = 'https://app.internal';

t.test('exact beats wildcard, a longer wildcard beats a shorter one, in whatever order', (t) => {
  const routes = [
    { from: 'https://*.example.com', name: 'wide', to },
    { from: 'https://*.corp.example.com', name: 'narrow', to },
    { from: 'https://a.corp.example.com', name: 'exact', to },
  ];
  for (const list of [routes, routes.toReversed()]) {
    const match = ask(list);
    t.equal(match('a.corp.example.com'), 'exact');
    t.equal(match('b.corp.example.com'), 'narrow');
    t.equal(match('x.y.corp.example.com'), 'narrow', 'one or more labels');
    t.equal(match('corp.example.com'), 'wide');
    t.equal(match('example.com'), 'unknown_host', 'a wildcard does not cover the bare suffix');
    t.equal(match('xexample.com'), 'unknown_host');
  }
  t.end();
});

t.test('a host has one spelling on both sides', (t) => {
  const match = ask([{ from: 'https://Bücher.Example.:8443/', name: 'books', to }]);
  t.equal(match('XN--BCHER-KVA.example.'), 'books');
  t.end();
});

t.test('a written-out host whose routes do not take the path does not fall to the wildcard', (t) => {
  const match = ask([
    { from: 'https://*.example.com', name: 'any', to },
    { from: 'https://a.example.com', prefix: '/app', name: 'app', to },
  ]);
  t.equal(match('a.example.com', '/app'), 'app');
  t.equal(match('a.example.com', '/other'), 'no_route');
  t.equal(match('b.example.com', '/other'), 'any');
  t.end();
});

t.test('within a host the first route in the file that takes the path wins', (t) => {
  const from = 'https://a.example';
  const match = ask([
    { from, path: '/app/exact', name: 'exact', to },
    { from, regex: '/app/[0-9]+', name: 'regex', to },
    { from, prefix: '/app', name: 'prefix', to },
    { from, prefix: '/app/later', name: 'shadowed', to },
    { from, name: 'rest', to },
  ]);
  t.equal(match('a.example', '/app/exact'), 'exact');
  t.equal(match('a.example', '/app/12'), 'regex');
  t.equal(match('a.example', '/app/x'), 'prefix');
  t.equal(match('a.example', '/app/later'), 'prefix');
  t.equal(match('a.example', '/application'), 'rest');
  t.equal(match('a.example', '*'), 'rest');
  t.end();
});

t.test('a path that an app could take for one of another route is refused, any other is kept', (t) => {
  const from = 'https://a.example';
  const match = ask([
    { from, prefix: '/admin', name: 'admin', to },
    { from, path: '/@me', name: 'me', to },
    { from, name: 'rest', to, unsafe_allow_encoded: ['%2f', '%5c', '%2e', '%00'] },
  ]);
  const split = [
    '//admin',
    '/;x/admin',
    '/;/admin/x',
    '/%2fadmin',
    '/%5Cadmin',
    '/%40me',
    '/@me;x',
    '//@me',
    '/admin%2Fx',
  ];
  for (const target of split) t.equal(match('a.example', target), 'bad_path', target);
  const same = {
    '/%61dmin': 'admin',
    '/admin;x/y': 'admin',
    '/admin//y': 'admin',
    '/admin;x': 'admin',
    '/x//y;z': 'rest',
  };
  for (const [target, name] of Object.entries(same)) t.equal(match('a.example', target), name, target);
  t.equal(match('a.example', '/libstdc%2B%2B'), 'rest');
  t.equal(match('a.example', '/x%2Fy'), 'rest');
  t.equal(match('a.example', '/a%2etxt'), 'rest');
  t.end();
});

t.test('encoded separators, dots and NUL are refused unless the route allows that very one', (t) => {
  const from = 'https://a.example';
  const match = ask([
    { from, prefix: '/slash', name: 'slash', to, unsafe_allow_encoded: ['%2f'] },
    { from, name: 'none', to },
  ]);
  for (const target of ['/a%2fb', '/a%2Fb', '/a%5cb', '/a%2eb', '/a%00'])
    t.equal(match('a.example', target), 'bad_path');
  t.equal(match('a.example', '/slash/a%2Fb'), 'slash');
  for (const target of ['/slash/a%5cb', '/slash/a%2eb', '/slash/%00', '/slash/a%2fb%00'])
    t.equal(match('a.example', target), 'bad_path');
  t.end();
});

t.test('a route carries its parts and an id that is unique and tells what it takes', (t) => {
  const builder = new RouteTableBuilder<{ upstream: string }>();
  t.same(builder.add({ from: 'https://*.example.com', prefix: '/a', to }, 7, { upstream: 'u' }), []);
  const table = builder.finish();
  const route = table.match(host('x.example.com'), path('/a'));
  t.match(route, {
    id: '*.example.com prefix:/a',
    name: '*.example.com prefix:/a',
    index: 7,
    parts: { upstream: 'u' },
  });
  t.same(table.routes, [route]);
  t.ok(table.hasHost(host('x.example.com')));
  t.notOk(table.hasHost(host('example.com')));
  t.end();
});

t.test('every mistake is an issue at its place, and all of them are told', (t) => {
  const cases: [RouteSettings, string, string][] = [
    [{ from: 'a.example', to }, 'routes[0].from', 'write https://a.example'],
    [{ from: 'http://a.example', to }, 'routes[0].from', 'only https'],
    [{ from: 'udp+https://a.example', to }, 'routes[0].from', 'only https'],
    [{ from: 'https://a.example/path', to }, 'routes[0].from', 'has a path'],
    [{ from: 'https://a.example?x', to }, 'routes[0].from', 'has a query'],
    [{ from: 'https://me@a.example', to }, 'routes[0].from', 'user name'],
    [{ from: 'https://a.*.example', to }, 'routes[0].from', "'*' may only be"],
    [{ from: 'https://a..example', to }, 'routes[0].from', 'is not a host name'],
    [{ from: 'https://', to }, 'routes[0].from', 'is not a host name'],
    [{ from: 'https://a.example' }, 'routes[0]', 'leads nowhere'],
    [{ from: 'https://a.example', to, response: {} }, 'routes[0].response', 'cannot stand beside to'],
    [
      { from: 'https://a.example', to, path: '/a', regex: '/b' },
      'routes[0].regex',
      'cannot stand beside path',
    ],
    [{ from: 'https://a.example', to, prefix: 'a' }, 'routes[0].prefix', 'must begin'],
    [{ from: 'https://a.example', to, regex: '(' }, 'routes[0].regex', 'RE2'],
    [{ from: 'https://a.example', to, prefix_rewrite: '//x' }, 'routes[0].prefix_rewrite', 'two ways'],
    [
      { from: 'https://a.example', response: {}, prefix_rewrite: '/x' },
      'routes[0].prefix_rewrite',
      'no effect',
    ],
    [{ from: 'https://a.example', response: { status: 99 } }, 'routes[0].response.status', '200 to 599'],
    [
      { from: 'https://a.example', response: { status: 204, body: 'x' } },
      'routes[0].response.body',
      'remove it',
    ],
  ];
  for (const [settings, place, text] of cases) {
    const { table, issues } = compileRoutes([settings]);
    const [issue] = issues;
    t.equal(issues.length, 1, JSON.stringify(settings));
    t.equal(issue && pathText(issue.path), place);
    t.match(issue?.message, text);
    t.equal(table.routes.length, 0);
  }
  const { issues } = compileRoutes([{ from: 'nothing', prefix: 'x', to }]);
  t.equal(issues.length, 2);
  t.end();
});

t.test(
  'a route that takes the same requests as another is an error, one that is never reached a warning',
  (t) => {
    const { table, issues } = compileRoutes([
      { from: 'https://a.example', to },
      { from: 'https://A.example:8443', to },
      { from: 'https://a.example', prefix: '/x', to },
      { from: 'https://*.a.example', to },
    ]);
    t.match(issues, [
      { path: ['routes', 1, 'from'], message: 'routes[0] takes the same requests: remove one' },
      { path: ['routes', 2, 'from'], message: /never reached/, severity: 'warning' },
    ]);
    t.equal(table.routes.length, 3);
    t.end();
  },
);

t.test('routes for CONNECT are found by host and port, and by nothing else', (t) => {
  const { table, issues } = compileRoutes([
    { from: 'tcp+https://db.example.com:5432', to: 'a' },
    { from: 'tcp+https://db.example.com:6379', to: 'b' },
    { from: 'tcp+https://*.example.com:22', to: 'c' },
    { from: 'https://*.example.com', to: 'd' },
  ]);
  t.strictSame(issues, []);
  const tunnel = (name: string, port: number) => table.tunnel(host(name), port)?.index;
  t.equal(tunnel('db.example.com', 5432), 0);
  t.equal(tunnel('db.example.com', 6379), 1);
  t.equal(tunnel('x.example.com', 22), 2);
  t.equal(tunnel('db.example.com', 22), undefined, 'an exact host never falls to a wildcard');
  t.equal(tunnel('x.example.com', 443), undefined);
  t.equal(tunnel('other.test', 22), undefined);
  for (const target of ['/', '/db.example.com:5432', '*'])
    t.match(table.match(host('db.example.com'), path(target)), { index: 3 }, target);
  t.equal(
    compileRoutes([{ from: 'tcp+https://a.test:1', to: 'a' }]).table.match(host('a.test'), path('/')),
    'unknown_host',
  );
  t.ok(table.hasHost(host('db.example.com')));
  t.end();
});
