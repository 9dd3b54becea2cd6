import * as fc from '../../support/property.ts';
import t from 'tap';
import { changedSettings } from '../../../src/config/changed-settings.ts';
import { locateIssues, parseConfigObject } from '../../../src/config/parse.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { BASE, configOf, parseText, problemsIn, withRoute } from '../../support/config-texts.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n';

t.test('times are milliseconds, sizes are bytes, and what is not said has its default', (t) => {
  const config = configOf(`${withRoute('to: https://b', 'timeout: 1m')}max_uri_bytes: 8KiB\n`);
  t.match(config, {
    address: [{ port: 443 }],
    max_uri_bytes: 8192,
    max_request_header_bytes: 65_536,
    header_timeout: 10_000,
    timeout_idle: 300_000,
    default_upstream_timeout: 30_000,
    downstream_mtls: { enforcement: 'policy_with_default_deny', max_verify_depth: 1 },
    identity_headers: { client_cert: false, client_cert_chain: false, x_forwarded_client_cert: true },
    routes: [{ from: 'https://app.example.com', timeout: 60_000, allow_websockets: false }],
  });
  t.notOk('idle_timeout' in (config.routes[0] ?? {}), 'a route leaves out what it does not say');
  t.end();
});

t.test('one address is a list of one', (t) => {
  const config = configOf(`${withRoute('to: https://b')}address: ['127.0.0.1:8443', 'unix:/run/s.sock']\n`);
  t.same(config.address, [{ host: '127.0.0.1', port: 8443 }, { path: '/run/s.sock' }]);
  t.end();
});

const to = (text: string) => configOf(withRoute(`to: ${text}`)).routes[0]?.to;

t.test('every form of `to` is a list of addresses with weights', (t) => {
  t.same(to('https://b'), [{ url: 'https://b', weight: 1 }]);
  t.same(to('[https://b, http://c:80]'), [
    { url: 'https://b', weight: 1 },
    { url: 'http://c:80', weight: 1 },
  ]);
  t.same(to('["https://b,3", {url: https://c, weight: 1}]'), [
    { url: 'https://b', weight: 3 },
    { url: 'https://c', weight: 1 },
  ]);
  t.same(to('{url: unix:/run/a.sock}'), [{ url: 'unix:/run/a.sock', weight: 1 }]);
  t.end();
});

t.test('paths of files are taken from the folder of the configuration', (t) => {
  const config = configOf(
    `${withRoute('to: https://b', 'tls_custom_ca_file: ../ca.crt')}certificates: [{cert: a.crt, key: /k/a.key}]\nautocert_dir: acme\n`,
  );
  t.equal(config.certificate_file, '/etc/sallyport/edge.crt');
  t.equal(config.autocert_dir, '/etc/sallyport/acme');
  t.equal(config.downstream_mtls.ca_file, '/etc/sallyport/client-ca.crt');
  t.equal(config.routes[0]?.tls_custom_ca_file, '/etc/ca.crt');
  t.same(config.certificates, [{ cert: '/etc/sallyport/a.crt', key: '/k/a.key' }]);
  t.end();
});

t.test('inline PEM is PEM, whichever way it was written', (t) => {
  const base64 = Buffer.from(PEM).toString('base64');
  const block = PEM.trimEnd().replaceAll('\n', '\n  ');
  t.equal(
    configOf(`${withRoute('to: https://b')}certificate_authority: ${base64}\n`).certificate_authority,
    PEM,
  );
  t.equal(
    configOf(`${withRoute('to: https://b')}certificate_authority: |\n  ${block}\n`).certificate_authority,
    PEM,
  );
  t.equal(configOf(withRoute('to: https://b'), { CERTIFICATE_AUTHORITY: base64 }).certificate_authority, PEM);
  t.end();
});

t.test('the environment overrides the file', (t) => {
  const config = configOf(withRoute('to: https://b'), { CERTIFICATE: PEM, CERTIFICATE_KEY_FILE: '/run/key' });
  t.match(config, { certificate: PEM, certificate_key_file: '/run/key' });
  t.notOk('certificate_file' in config);
  t.end();
});

t.test('a number or a truth may come from a variable', (t) => {
  const route = withRoute('to: https://b', 'allow_websockets: ${env.YES}');
  const text = `${route}max_connections: $\{env.MANY}\n`;
  t.match(configOf(text, { MANY: '50', YES: 'true' }), {
    max_connections: 50,
    routes: [{ allow_websockets: true }],
  });
  const lines = problemsIn(parseText(text, { MANY: '0', YES: 'yes' })).map((problem) => problem.message);
  t.same(lines, ["'yes' is neither true nor false", "'0' is not a whole number from 1 to 1000000"]);
  t.end();
});

t.test('a configuration is frozen to its leaves', (t) => {
  const config = configOf(withRoute('to: https://b'));
  for (const part of [config, config.routes, config.routes[0], config.routes[0]?.to?.[0], config.access_log])
    t.ok(Object.isFrozen(part));
  t.end();
});

const print = (text: string) => {
  const result = parseText(text);
  return result.ok ? result.fingerprint : 'refused';
};

t.test('the fingerprint is of the settings, not of how they were written', (t) => {
  const one = print(`${BASE}routes: [{from: https://a, to: https://b}]\nheader_timeout: 10s\n`);
  t.equal(one, print(`header_timeout: 10000ms\n${BASE}routes:\n  - to: https://b\n    from: https://a\n`));
  t.not(one, print(`${BASE}routes: [{from: https://a, to: https://c}]\n`));
  t.end();
});

t.test('what a reload changed is told by name', (t) => {
  const before = configOf(withRoute('to: https://b'));
  const after = configOf(`${withRoute('to: https://c')}header_timeout: 5s\ncertificate_authority_file: x\n`);
  t.same(changedSettings(before, before), []);
  t.same(changedSettings(before, after).sort(), ['certificate_authority_file', 'header_timeout']);
  t.end();
});

t.test('an object of the same shape is parsed by the same rules', (t) => {
  const object: ConfigInput = {
    address: '127.0.0.1:0',
    certificates: [{ cert: 'a.crt', key: 'a.key' }],
    downstream_mtls: { ca: PEM },
    header_timeout: '5s',
    routes: [{ from: 'https://a', to: 'https://b' }],
  };
  const before = structuredClone(object);
  const result = parseConfigObject(object, { folder: '/srv' });
  t.match(result, { ok: true, config: { header_timeout: 5000, certificates: [{ cert: '/srv/a.crt' }] } });
  t.same(object, before, 'it is not changed');
  t.notOk(Object.isFrozen(object.routes));
  t.end();
});

t.test('problems of an object have a path and no line', (t) => {
  const object = { routes: [{ from: 'https://a', to: 'https://b', prefx: '/' }], adress: ':1' };
  const texts = new Set(problemsIn(parseConfigObject(object)).map((problem) => problem.text));
  t.ok(texts.has('adress: is not a setting: did you mean address?'));
  t.ok(texts.has('routes[0].prefx: is not a setting: did you mean prefix?'));
  t.end();
});

t.test('a key of an object that is undefined is not there', (t) => {
  const object = {
    certificate_file: 'a',
    certificate_key_file: 'b',
    certificate: undefined,
    address: undefined,
  };
  const route = {
    from: 'https://a',
    to: 'https://b',
    prefix: undefined,
    allow_public_unauthenticated_access: true,
  };
  const result = parseConfigObject({ ...object, routes: [route] } as unknown as ConfigInput);
  t.match(result, { ok: true, config: { address: [{ port: 443 }] } });
  t.end();
});

t.test("the issues of other rooms get their places in the user's file", (t) => {
  const text = withRoute('to: https://b', 'tls_custom_ca_file: nothing.crt');
  const source = { text, file: 'routes.yaml', env: { CERTIFICATE: 'x' } };
  const problems = locateIssues(source, [
    { path: ['routes', 0, 'tls_custom_ca_file'], message: 'there is no such file' },
    { path: ['certificate'], message: 'does not match its key' },
    { path: ['downstream_mtls', 'ca_file'], message: 'holds no CA', severity: 'warning' },
  ]);
  t.same(
    problems.map((problem) => problem.text),
    [
      'environment CERTIFICATE: certificate: does not match its key',
      'routes.yaml:4:12 downstream_mtls.ca_file: holds no CA',
      'routes.yaml:10:25 routes[0].tls_custom_ca_file: there is no such file',
    ],
  );
  t.equal(problems[1]?.severity, 'warning');
  t.end();
});

t.test('a flood of mistakes is cut to what somebody may read, errors first', (t) => {
  const routes = Array.from({ length: 3000 }, (_, index) => `  - {from: https://a${index}, id: x}\n`).join(
    '',
  );
  const problems = problemsIn(parseText(`${BASE}routes:\n${routes}`));
  t.equal(problems.length, 1001);
  t.equal(problems.filter((problem) => problem.severity !== 'warning').length, 1000);
  t.match(problems.at(-1)?.text, /… and 5000 more$/);
  t.end();
});

t.test('no text makes it throw, and every refusal has an error', (t) => {
  const keys = fc.constantFrom(
    'routes',
    'address',
    'certificates',
    'downstream_mtls',
    '__proto__',
    'from',
    'to',
    'x',
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant('https://a')),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(keys, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    tree.map((value) => JSON.stringify(value)),
    tree.map((value) => `${BASE}routes: ${JSON.stringify([value])}\n`),
  );
  fc.assert(
    fc.property(text, (any) => {
      const result = parseText(any, { A: 'b' });
      return result.ok || result.problems.some((problem) => problem.severity !== 'warning');
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test('a refused configuration gives what has no fault, for other rooms to look at', (t) => {
  const result = parseText(`${BASE}log_level: loud\nroutes:
  - {from: https://a, to: ftp://b}
  - {from: https://c, to: https://b}
  - {from: https://d, to: https://b, allowed_users: []}
  - {from: https://e, to: https://b, id: x}
`);
  t.ok(!result.ok);
  if (!result.ok && result.sound !== undefined) {
    const { config, routeIndexes, faulty } = result.sound;
    t.same(routeIndexes, [1, 3]);
    t.same(
      config.routes.map((route) => route.from),
      ['https://c', 'https://e'],
    );
    t.same([...faulty], ['log_level']);
    t.match(config, { log_level: 'info', certificate_file: '/etc/sallyport/edge.crt' });
    t.ok(Object.isFrozen(config));
  } else t.fail('nothing is sound');
  t.end();
});
