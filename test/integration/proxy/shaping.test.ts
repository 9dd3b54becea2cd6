// What a route changes of requests and answers: hosts, paths, header fields; and who may ask before asking.
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();

async function setUp(
  t: Test,
  route: Partial<ConfigInput['routes'][number]>,
  { answer = {}, config = {} }: { answer?: Record<string, string>; config?: Partial<ConfigInput> } = {},
) {
  const app = await startApp(t, (request, response) => {
    for (const [name, value] of Object.entries(answer))
      response.setHeader(name, value.replaceAll('OWN', `https://localhost:${request.socket.localPort}`));
    response.statusCode = 'location' in answer ? 302 : 200;
    response.end('app');
  });
  const running = await startProxy(t, {
    routes: [{ from: `https://${HOST}`, to: app.url, ...route }],
    ...config,
  });
  const ask = (path = '/', headers: Record<string, string> = {}, more = {}) =>
    call(clientOptions(pki, running.port, more), { path, headers, ...more });
  return { ...running, app, ask };
}

t.test('answers: set, removed, rewritten, of the route over those for all', async (t) => {
  const { ask } = await setUp(
    t,
    {
      set_response_headers: { 'X-Robots-Tag': 'noindex', 'x-both': 'route' },
      remove_response_headers: ['X-Powered-By'],
      rewrite_response_headers: [{ header: 'Link', prefix: 'http://legacy/', value: 'https://new/' }],
    },
    {
      answer: { 'x-powered-by': 'PHP', link: 'http://legacy/a', 'x-robots-tag': 'all', server: 'Apache' },
      config: {
        set_response_headers: { 'x-both': 'all', 'x-all': '1' },
        remove_response_headers: ['Server'],
      },
    },
  );
  const { headers } = await ask();
  t.match(headers, { 'x-robots-tag': 'noindex', 'x-both': 'route', 'x-all': '1', link: 'https://new/a' });
  t.strictSame([headers['x-powered-by'], headers.server], [undefined, undefined]);
});

t.test('cookies of the app, under the names that the client knows', async (t) => {
  const { ask } = await setUp(
    t,
    { rewrite_cookies: { domain: { 'app.internal': HOST }, path: { '/app/': '/' } } },
    { answer: { 'Set-Cookie': 'a=b; Domain=app.internal; Path=/app/x; Secure' } },
  );
  t.strictSame((await ask()).headers['set-cookie'], [`a=b; Domain=${HOST}; Path=/x; Secure`]);
});

t.test('headers for safety, where an app does not say otherwise, and not on pages of refusals', async (t) => {
  const { ask, port } = await setUp(
    t,
    {},
    { answer: { 'X-Frame-Options': 'DENY' }, config: { security_headers: true } },
  );
  const { headers } = await ask();
  t.match(headers, {
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'strict-origin-when-cross-origin',
  });
  const refused = await call(clientOptions(pki, port, { cert: '', key: '' }));
  t.equal(refused.headers['x-frame-options'], undefined);
});

t.test('fixed answers and redirects have them, too', async (t) => {
  const { port } = await startProxy(t, {
    routes: [
      {
        from: `https://${HOST}`,
        response: { body: 'x', headers: { 'content-type': 'text/css' } },
        set_response_headers: { 'x-set': '1', 'content-type': 'text/html' },
      },
    ],
  });
  const { headers } = await call(clientOptions(pki, port));
  t.match(headers, { 'x-set': '1', 'content-type': 'text/html' });
});

t.test('a redirect of the app to itself leads to where the client can go', async (t) => {
  for (const [route, location, shown] of [
    [{}, 'OWN/login?a=b', `https://${HOST}/login?a=b`],
    [{}, 'OWN', `https://${HOST}/`],
    [{ prefix: '/app', prefix_rewrite: '/' }, 'OWN/login', `https://${HOST}/app/login`],
    [{ prefix: '/app', prefix_rewrite: '/v1' }, 'OWN/v1/x', `https://${HOST}/app/x`],
    [{ prefix: '/app', prefix_rewrite: '/v1' }, 'OWN/v2/x', `https://${HOST}/v2/x`],
    [{}, 'OWN.evil.example/x', 'OWN.evil.example/x'],
    [{}, 'https://other.example/', 'https://other.example/'],
    [{}, '/relative', '/relative'],
  ] as const) {
    const { ask, app } = await setUp(t, route, { answer: { location } });
    const { headers } = await ask('/app');
    t.equal(headers.location, shown.replaceAll('OWN', app.url), JSON.stringify([route, location]));
  }
});

t.test('the host that an app gets', async (t) => {
  for (const [route, headers, wanted] of [
    [{}, {}, /^localhost:\d+$/],
    [{ preserve_host_header: true }, {}, /^app\.sallyport\.localhost$/],
    [{ host_rewrite: 'other.internal' }, {}, /^other\.internal$/],
    [
      { host_rewrite_header: 'X-Tenant-Host' },
      { 'x-tenant-host': 'blue.internal:81' },
      /^blue\.internal:81$/,
    ],
    [{ host_rewrite_header: 'X-Tenant-Host' }, { 'x-tenant-host': 'a b' }, /^localhost:\d+$/],
    [{ host_rewrite_header: 'X-Tenant-Host' }, {}, /^localhost:\d+$/],
  ] as const) {
    const { ask, app } = await setUp(t, route);
    await ask('/', headers);
    t.match(app.requests[0]?.headers.host, wanted, JSON.stringify(route));
    t.equal(app.requests[0]?.headers['x-forwarded-host'], HOST);
  }
});

t.test('paths by expression', async (t) => {
  for (const [pattern, substitution, path, wanted] of [
    ['^/api/v(\\d+)/', '/v\\1/', '/api/v2/users?x=1', '/v2/users?x=1'],
    ['/old', '/new', '/old/old', '/new/new'],
    ['^/', '//', '/x', '/x'],
    ['^/secret$', '', '/secret', '/'],
    ['a', '$1', '/a', '/$1'],
  ] as const) {
    const { ask, app } = await setUp(t, {
      regex_rewrite_pattern: pattern,
      regex_rewrite_substitution: substitution,
    });
    await ask(path);
    t.equal(app.requests[0]?.url, wanted, `${pattern} ${substitution}`);
  }
});

t.test('a browser may ask before it asks, where the route lets it', async (t) => {
  const preflight = { origin: 'https://other.example', 'access-control-request-method': 'PUT' };
  const config = {
    downstream_mtls: { ca: pki.clientCa.certPem, client_certificate: 'request' as const },
    routes: [],
  };
  for (const [allowed, headers, method, status] of [
    [true, preflight, 'OPTIONS', 200],
    [true, {}, 'OPTIONS', 403],
    [true, preflight, 'GET', 403],
    [false, preflight, 'OPTIONS', 403],
  ] as const) {
    const app = await startApp(t);
    const { port } = await startProxy(t, {
      ...config,
      routes: [
        {
          from: `https://${HOST}`,
          to: app.url,
          cors_allow_preflight: allowed,
          policy: [{ allow: { and: [{ subject: { cn: 'Alice Example' } }] } }],
        },
      ],
    });
    const { cert: _, key: __, ...nobody } = clientOptions(pki, port);
    const answer = await call(nobody, { method, headers });
    t.equal(answer.status, status, JSON.stringify([allowed, headers, method]));
  }
});

t.test('maintenance', async (t) => {
  const { ask, app } = await setUp(t, { maintenance: true, maintenance_retry_after: '10m' });
  const { status, body, headers } = await ask();
  t.equal(headers['retry-after'], '600');
  t.equal(status, 503);
  t.match(body, /being maintained/);
  t.equal(app.requests.length, 0);
});
