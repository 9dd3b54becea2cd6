import t from 'tap';
import { knownKeys } from '../../../src/config/known-keys.ts';
import { findPomeriumKey, POMERIUM_KEYS } from '../../../src/config/pomerium-keys.ts';
import { BASE, parseText, problemLines, withRoute } from '../../support/config-texts.ts';

const top = (line: string) => problemLines(`${BASE}${line}\nroutes: [{from: https://a, to: https://b}]\n`);

t.test("Pomerium's settings about logging in are ignored with a warning", (t) => {
  const lines = [
    'shared_secret: x',
    'idp_provider: google',
    'cookie_secret: y',
    'authenticate_service_url: https://x',
  ];
  for (const line of lines) {
    t.match(top(line), [
      /^warning: routes\.yaml:7:1 \w+: this setting of Pomerium has no use here: .*; it is ignored$/,
    ]);
    t.ok(parseText(`${BASE}${line}\nroutes: [{from: https://a, to: https://b}]\n`).ok);
  }
  t.end();
});

t.test('what says who may pass is never ignored', (t) => {
  const keys = [
    'allowed_users: [a@b.example]',
    'allowed_domains: [b.example]',
    'allowed_idp_claims: {}',
    'allow_any_authenticated_user: true',
    'tls_skip_verify: true',
  ];
  for (const key of keys) {
    const [line = '', ...more] = problemLines(withRoute('to: https://b', key));
    t.match(
      line,
      /^routes\.yaml:10:5 routes\[0\]\.\w+: this setting of Pomerium is (about people who log in|not (implemented yet|offered))/,
    );
    t.same(more, []);
  }
  t.end();
});

t.test('autocert is understood', (t) => {
  t.same(top('autocert: true'), []);
  t.same(top('autocert_must_staple: true'), []);
  t.end();
});

t.test('an old name leads to the new one', (t) => {
  t.match(problemLines(withRoute('to: https://b', 'tls_server_name: x')), [
    /write tls_upstream_server_name$/,
  ]);
  t.match(top('client_ca_file: x'), [/write downstream_mtls\.ca_file$/]);
  t.end();
});

t.test('the table says every key once, and none that is a setting here', (t) => {
  const known = {
    global: knownKeys([]),
    downstream_mtls: knownKeys(['downstream_mtls']),
    route: knownKeys(['routes', 0]),
  };
  for (const scope of ['global', 'downstream_mtls', 'route'] as const) {
    const keys = POMERIUM_KEYS[scope].map((entry) => entry.key);
    t.same(keys, [...new Set(keys)]);
    t.same(
      keys.filter((key) => known[scope].includes(key)),
      [],
    );
  }
  t.end();
});

t.test('a star in the table stands for any rest', (t) => {
  t.match(findPomeriumKey('global', 'idp_client_id'), { key: 'idp_*', kind: 'ignored' });
  t.equal(findPomeriumKey('global', 'idq_client_id'), undefined);
  t.equal(findPomeriumKey('route', 'shared_secret'), undefined);
  t.end();
});
