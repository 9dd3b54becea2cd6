import t from 'tap';
import { BASE, problemLines, withRoute } from '../../support/config-texts.ts';

const ROUTE = 'routes:\n  - {from: https://a, to: https://b}\n';
const KEY = Buffer.from('-----BEGIN PRIVATE KEY-----\n').toString('base64');

t.test('a certificate needs its key, a key its certificate', (t) => {
  t.same(problemLines(`certificate_file: a\ndownstream_mtls: {ca_file: c}\n${ROUTE}`), [
    'routes.yaml:1:19 certificate_file: has no private key: give certificate_key_file',
  ]);
  t.same(problemLines(`${BASE}upstream_mtls:\n  key: ${KEY}\n${ROUTE}`), [
    'routes.yaml:8:8 upstream_mtls.key: has no certificate: give cert_file',
  ]);
  t.same(problemLines(withRoute('to: https://b', 'tls_client_key_file: a')), [
    'routes.yaml:10:26 routes[0].tls_client_key_file: has no certificate: give tls_client_cert_file',
  ]);
  t.end();
});

t.test('a certificate and its key may come in different forms', (t) => {
  t.same(
    problemLines(`certificate_file: a\ncertificate_key: ${KEY}\ndownstream_mtls: {ca_file: c}\n${ROUTE}`),
    [],
  );
  t.end();
});

t.test('a setting has one form', (t) => {
  t.same(problemLines(`${BASE}certificate: ${KEY}\n${ROUTE}`), [
    'routes.yaml:7:14 certificate: certificate and certificate_file are both set: remove one',
  ]);
  t.same(problemLines(`${BASE}certificate_authority: ${KEY}\ncertificate_authority_file: x\n${ROUTE}`), [
    'routes.yaml:7:24 certificate_authority: certificate_authority and certificate_authority_file are both set: remove one',
  ]);
  t.same(problemLines(withRoute('to: https://b', `tls_custom_ca: ${KEY}`, 'tls_custom_ca_file: x')), [
    'routes.yaml:10:20 routes[0].tls_custom_ca: tls_custom_ca and tls_custom_ca_file are both set: remove one',
  ]);
  t.end();
});

t.test('without a client CA nothing starts but a proxy whose every route is public', (t) => {
  const top = 'certificate_file: a\ncertificate_key_file: b\n';
  const open = '{from: https://a, to: https://b, allow_public_unauthenticated_access: true}';
  const message =
    'there is no client CA, so nobody could come in: give downstream_mtls.ca_file, or allow_public_unauthenticated_access: true on every route';
  t.same(problemLines(`${top}routes: [${open}]\n`), []);
  t.same(problemLines(`${top}routes: [${open.replace('true', '"${env.OPEN}"')}]\n`, { OPEN: 'true' }), []);
  t.same(problemLines(`${top}routes: [${open}, {from: https://c, to: https://b}]\n`), [
    `routes.yaml:1:1 ${message} (routes[1] has not)`,
  ]);
  t.same(problemLines(`${top}routes: []\n`), [`routes.yaml:1:1 ${message}`]);
  t.same(problemLines(`${top}downstream_mtls: {}\n${ROUTE}`), [
    `routes.yaml:3:18 downstream_mtls: ${message} (routes[0] has not)`,
  ]);
  t.end();
});

t.test('reject_connection needs a CA, and makes a public route none', (t) => {
  const top = 'certificate_file: a\ncertificate_key_file: b\n';
  const open = 'routes:\n  - {from: https://a, to: https://b, allow_public_unauthenticated_access: true}\n';
  t.same(problemLines(`${top}downstream_mtls: {enforcement: reject_connection}\n${open}`), [
    'routes.yaml:3:32 downstream_mtls.enforcement: needs a client CA: give downstream_mtls.ca_file',
  ]);
  t.same(problemLines(`${top}downstream_mtls: {ca_file: c, enforcement: reject_connection}\n${open}`), [
    'warning: routes.yaml:5:75 routes[0].allow_public_unauthenticated_access: opens nothing: reject_connection closes connections without a client certificate before any route is known',
  ]);
  t.end();
});

t.test('a route has one action and one way to match', (t) => {
  t.same(problemLines(withRoute('to: https://b', 'response: {status: 200}')), [
    'routes.yaml:10:15 routes[0].response: a route has one action: remove response or to',
  ]);
  t.same(problemLines(withRoute('to: https://b', 'prefix: /a', 'regex: /b.*')), [
    'routes.yaml:11:12 routes[0].regex: a route matches paths in one way: remove regex or prefix',
  ]);
  t.same(problemLines(withRoute('to:')), [
    'routes.yaml:9:5 routes[0].to: has no value: give one, or remove the line',
  ]);
  t.end();
});

t.test('settings about the app go with to, those about TLS with https', (t) => {
  t.same(problemLines(withRoute('response: {}', 'allow_websockets: true', 'timeout: 5s')), [
    'routes.yaml:10:23 routes[0].allow_websockets: goes with to: this route asks no app',
    'routes.yaml:11:14 routes[0].timeout: goes with to: this route asks no app',
  ]);
  const message = 'goes with https:// or https+unix:// in to: this route speaks no TLS to its app';
  t.same(problemLines(withRoute('to: [http://b, "unix:/run/b.sock"]', 'tls_custom_ca_file: ca.crt')), [
    `routes.yaml:10:25 routes[0].tls_custom_ca_file: ${message}`,
  ]);
  t.same(problemLines(withRoute('to: [http://b, https://c]', 'tls_custom_ca_file: ca.crt')), []);
  t.end();
});

t.test('settings about names go with names', (t) => {
  const strict = 'dns_type: STRICT_DNS';
  const noName = 'routes.yaml:10:15 routes[0].dns_type: goes with a host name in to: there is none';
  for (const to of [
    'https://10.0.0.1:8443',
    'http://[::1]',
    '"unix:/run/b.sock"',
    'srv+http://_a._tcp.b.test',
  ])
    t.same(problemLines(withRoute(`to: ${to}`, strict)), [noName], to);
  for (const to of ['https://b', 'h2c://10.b.test:81', '["http://10.0.0.1,2", "http://b,1"]'])
    t.same(problemLines(withRoute(`to: ${to}`, strict, 'dns_refresh_rate: 1s')), [], to);
  const message = 'goes with dns_type: STRICT_DNS, or srv+https:// in to: else each connection asks anew';
  t.same(problemLines(withRoute('to: https://b', 'dns_refresh_rate: 1s', 'dns_failure_refresh_rate: 1s')), [
    `routes.yaml:10:23 routes[0].dns_refresh_rate: ${message}`,
    `routes.yaml:11:31 routes[0].dns_failure_refresh_rate: ${message}`,
  ]);
  t.same(problemLines(withRoute('to: srv+https://_a._tcp.b.test', 'dns_refresh_rate: 1s')), []);
  t.match(problemLines(withRoute('to: srv+http://_a._tcp.b.test', 'tls_custom_ca_file: ca.crt')), [
    /this route speaks no TLS to its app/,
  ]);
  t.same(problemLines(withRoute('to: https://b', 'dns_resolvers: ["10.0.0.1:8600", "::1", "[::1]:53"]')), []);
  for (const resolver of [
    'dns.test',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    '[10.0.0.1]:53',
    '::1%eth0',
    'tcp://10.0.0.1',
  ])
    t.match(problemLines(withRoute('to: https://b', `dns_resolvers: ["${resolver}"]`)), [
      /is not an address/,
    ]);
  t.match(problemLines(withRoute('to: https://b', 'dns_lookup_family: v4')), [/is none of AUTO, V4_ONLY/]);
  t.end();
});

t.test('a redirect says one thing, and leads away', (t) => {
  t.same(problemLines(withRoute('redirect: {https_redirect: true}')), [
    'routes.yaml:9:15 routes[0].redirect: leads back to the same address: give host_redirect, port_redirect, path_redirect or prefix_rewrite',
  ]);
  t.same(problemLines(withRoute('redirect: {path_redirect: /a, prefix_rewrite: /b}')), [
    'routes.yaml:9:51 routes[0].redirect.prefix_rewrite: path_redirect and prefix_rewrite are both set: remove one',
  ]);
  t.same(problemLines(withRoute('redirect: {host_redirect: b.example}')), []);
  t.end();
});

t.test('a fixed answer leaves framing to the proxy', (t) => {
  t.same(problemLines(withRoute('response: {headers: {Content-Length: "3"}}')), [
    'routes.yaml:9:42 routes[0].response.headers.Content-Length: Content-Length is for the proxy to set: remove it',
  ]);
  t.same(problemLines(withRoute('response: {status: 204, body: x}')), [
    'routes.yaml:9:35 routes[0].response.body: an answer of status 204 has no body: remove it',
  ]);
  t.end();
});

t.test('an empty list of pins or names is refused: it would admit no app', (t) => {
  t.match(problemLines(withRoute('to: https://b', 'tls_upstream_spki_pins: []', 'tls_upstream_san: []')), [
    /tls_upstream_spki_pins: an empty list of pins admits no app/,
    /tls_upstream_san: an empty list of names admits no app/,
  ]);
  t.end();
});

const mtls = (...lines: string[]): string =>
  `certificate_file: a\ncertificate_key_file: b\ndownstream_mtls:\n  ca_file: c\n${lines.map((line) => `  ${line}\n`).join('')}routes: [{from: https://a, to: https://b}]\n`;

t.test('an entry of the deny list says exactly one thing', (t) => {
  t.same(
    problemLines(
      mtls(
        'deny:',
        '  - {}',
        '  - {san_dns: a, san_email: b}',
        '  - {serial: "0a"}',
        '  - {issuer: CN=a}',
        '  - {fingerprint: 12ab}',
        '  - {spki_hash: AAAA}',
        '  - {serial: 17, issuer: CN=a}',
        '  - {san_dns: a, until: tomorrow}',
        '  - {san_dsn: a}',
      ),
    ),
    [
      'routes.yaml:6:7 downstream_mtls.deny[0]: says nobody: give one of fingerprint, spki_hash, serial, san_dns, san_email, san_uri, san_ip, san_upn',
      'routes.yaml:7:7 downstream_mtls.deny[1]: says san_dns and san_email: give one of them, and another entry for the other',
      'routes.yaml:8:7 downstream_mtls.deny[2]: has a serial number without its issuer: give issuer, as the log says it',
      'routes.yaml:9:7 downstream_mtls.deny[3]: has an issuer without a serial number: give serial',
      "routes.yaml:10:21 downstream_mtls.deny[4].fingerprint: '12ab' is not a SHA-256 fingerprint: write its 64 hexadecimal digits, with or without colons",
      "routes.yaml:11:19 downstream_mtls.deny[5].spki_hash: 'AAAA' is not the base64 of a SHA-256 hash: it has 44 characters",
      'routes.yaml:12:16 downstream_mtls.deny[6].serial: 17 is not a serial number: write it in quotes, in hexadecimal, as in the log',
      "routes.yaml:13:27 downstream_mtls.deny[7].until: 'tomorrow' is not a time: write 2027-01-31, or 2027-01-31T18:00:00Z",
      'routes.yaml:14:7 downstream_mtls.deny[8]: says nobody: give one of fingerprint, spki_hash, serial, san_dns, san_email, san_uri, san_ip, san_upn',
      'routes.yaml:14:8 downstream_mtls.deny[8].san_dsn: is not a setting: did you mean san_dns?',
    ],
  );
  t.end();
});

t.test('a name pattern has one type, and no list of them is empty', (t) => {
  t.same(problemLines(mtls('match_subject_alt_names: []')), [
    'routes.yaml:5:28 downstream_mtls.match_subject_alt_names: an empty list admits nobody: give a pattern, or remove the line',
  ]);
  const [both] = problemLines(mtls('match_subject_alt_names: [{dns: a, uri: b}]'));
  t.match(both, 'give one of dns, email, uri, ip_address, user_principal_name');
  t.end();
});

t.test('revocation lists: one form, at least one file, and a CA that they are about', (t) => {
  t.match(problemLines(mtls('crl_file: []')), [/the list is empty: give at least one file/]);
  t.match(problemLines(mtls('crl_file: a', 'crl: "-----BEGIN "')), [
    /crl and crl_file are both set: remove one/,
  ]);
  const text = mtls('crl_file: a').replace('  ca_file: c\n', '');
  t.match(problemLines(text), [/there is no client CA/, /downstream_mtls\.crl_file: needs a client CA/]);
  t.end();
});

t.test('requests stand in line for our own client alone', (t) => {
  const why = 'upstream_pipelining: needs upstream_client: raw; undici sends one by one';
  const all = `${BASE}upstream_client: undici\nupstream_pipelining: 4\n${ROUTE}`;
  t.same(problemLines(all), [`routes.yaml:8:22 ${why}`]);
  t.same(problemLines(withRoute('to: https://b', 'upstream_client: undici', 'upstream_pipelining: 4')), [
    `routes.yaml:11:26 routes[0].${why}`,
  ]);
  t.match(
    problemLines(
      `${BASE}upstream_client: undici\nroutes:\n  - {from: https://a, to: https://b, upstream_pipelining: 2}\n`,
    ),
    [/routes\[0\]\.upstream_pipelining: needs/],
  );
  const mixed = `${BASE}upstream_pipelining: 4\nroutes:\n  - {from: https://a, to: https://b, upstream_client: undici}\n`;
  t.same(problemLines(mixed), [], 'one route may have the other client');
  t.match(problemLines(`${BASE}upstream_pipelining: 65\n${ROUTE}`), [/not a whole number from 1 to 64/]);
  t.end();
});
