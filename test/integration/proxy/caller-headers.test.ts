// What the app is told of its caller: headers of the operator's own, those of other proxies, and a signed assertion; and
// that no client can say any of it.
import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { HOST, setUp } from '../../support/caller-headers.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { clientOptions, sendRaw } from '../../support/client.ts';
import { baseConfig } from '../../support/proxy.ts';

const pki = await makeTestPki();
const facts = parseCertificate(pki.client.der);
const key = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const KEY = key();

t.test('variables of the certificate, a text around them, and nothing where there is no value', async (t) => {
  const { ask } = await setUp(
    t,
    {
      set_request_headers: {
        'X-User': '${client_cert.san_email}',
        'X-Who': 'cn=${client_cert.cn}; o=${client_cert.o}; id=${client_cert.spiffe_id}',
        'X-Serial': '${client_cert.serial}',
        'X-Print': '${pomerium.client_cert_fingerprint}',
        'X-Ends': '${client_cert.not_after}',
        'X-Upn': 'upn ${client_cert.san_upn}',
        'X-Price': 'costs $$5',
        'X-All': 'route',
      },
    },
    { set_request_headers: { 'X-All': 'all', 'X-Tls': '${tls_version} ${server_name}' } },
  );
  t.match(await ask(), {
    'x-user': 'alice@example.com',
    'x-who': 'cn=Alice Example; o=Example; id=spiffe://example.com/alice',
    'x-serial': facts.serial,
    'x-print': facts.sha256,
    'x-ends': new Date(facts.notAfter).toISOString(),
    'x-upn': undefined,
    'x-price': 'costs $5',
    'x-all': 'route',
    'x-tls': `TLSv1.3 ${HOST}`,
  });
  t.match(await ask(pki.client, {}, 'other.sallyport.localhost'), { 'x-all': 'all', 'x-user': undefined });
});

t.test('what a certificate holds cannot forge a header, a name or another value', async (t) => {
  const sly = await pki.issueClient({
    commonName: 'Ma\u0308x, "Admin"/O=Evil;%',
    names: { email: ['a,b@example.com'], uri: ['urn:a,b'] },
  });
  const { ask } = await setUp(t, {
    set_request_headers: {
      'X-Cn': '${client_cert.cn}',
      'X-San': '${client_cert.san_email} ${client_cert.san_uri}',
    },
    identity_headers: { presets: ['nginx', 'traefik', 'haproxy'] },
  });
  const headers = await ask(sly);
  t.equal(headers['x-cn'], 'Ma%CC%88x, "Admin"/O=Evil;%25');
  t.equal(headers['x-san'], 'a%2Cb@example.com urn:a%2Cb');
  t.match(
    Buffer.from(headers['x-ssl-client-dn'] ?? '', 'latin1').toString(),
    /\/CN=Ma\u0308x, "Admin"\\x2FO=Evil;%$/u,
  );
  t.notOk('x-forwarded-tls-client-cert-info' in headers, 'Traefik escapes nothing there');
  t.match(headers['ssl-client-subject-dn'], /^CN=Ma\\CC\\88x\\, \\22Admin\\22\/O=Evil\\;%,O=Example$/);
});

t.test('headers that apps of other proxies parse', async (t) => {
  const { ask } = await setUp(t, {
    identity_headers: { presets: ['nginx', 'traefik', 'haproxy', 'rfc9440'] },
  });
  const headers = await ask();
  t.match(headers, {
    'ssl-client-verify': 'SUCCESS',
    'ssl-client-subject-dn': 'CN=Alice Example,O=Example',
    'ssl-client-issuer-dn': 'CN=Test client CA,O=Test',
    'x-ssl-client-dn': '/O=Example/CN=Alice Example',
    'x-ssl-client-cn': 'Alice Example',
    'x-ssl-client-notafter': /^\d{12}Z$/,
    'x-forwarded-tls-client-cert': pki.client.der.toString('base64'),
    'client-cert': `:${pki.client.der.toString('base64')}:`,
  });
  t.equal(decodeURIComponent(headers['ssl-client-cert'] ?? '').trim(), pki.client.certPem.trim());
  t.match(
    decodeURIComponent(headers['x-forwarded-tls-client-cert-info'] ?? '').replaceAll('+', ' '),
    /^Subject="O=Example,CN=Alice Example";Issuer="O=Test,CN=Test client CA";SerialNumber="\d+";NB="\d+";NA="\d+";SAN="alice@example.com,spiffe:\/\/example.com\/alice"$/,
  );
});

t.test('what may not go on does not, in any spelling', async (t) => {
  const { ask } = await setUp(
    t,
    { remove_request_headers: ['X-Debug'] },
    { remove_request_headers: ['X-Trace'] },
  );
  const sent = { 'X-DEBUG': 'a', 'x-trace': 'b', 'X-Kept': 'c' };
  t.match(await ask(pki.client, sent), { 'x-debug': undefined, 'x-trace': undefined, 'x-kept': 'c' });
  t.match(await ask(pki.client, sent, 'other.sallyport.localhost'), { 'x-debug': 'a', 'x-trace': undefined });
});

const NAMES = [
  'X-User',
  'X-Assertion',
  'X-Pomerium-Jwt-Assertion',
  'ssl-client-subject-dn',
  'ssl-client-verify',
  'X-Forwarded-Tls-Client-Cert',
  'X-Forwarded-Tls-Client-Cert-Info',
  'X-SSL-Client-DN',
  'X-SSL-Client-CN',
  'Client-Cert',
  'X-Forwarded-Client-Cert',
];
const EVIL = 'evil.example';

const forms = (name: string): string[] => [
  `${name}: ${EVIL}\r\n`,
  `${name.toUpperCase()}: ${EVIL}\r\n`,
  `${name.replaceAll('-', '_')}: ${EVIL}\r\n`,
  `${name.replaceAll('-', '.')}: ${EVIL}\r\n`,
  `${name}: ${EVIL}\r\n${name.toLowerCase()}: ${EVIL}\r\n`,
  `Connection: ${name}\r\n`,
];

t.test('no client says any of it: case, punctuation, duplicates, Connection, trailers', async (t) => {
  const { port, app } = await setUp(
    t,
    {
      set_request_headers: { 'X-User': '${client_cert.san_upn}' },
      identity_headers: { presets: ['nginx', 'traefik', 'haproxy', 'envoy', 'rfc9440'] },
      pass_identity_headers: true,
    },
    { jwt_assertion_header: 'X-Assertion', signing_key: KEY, headers_with_underscores_action: 'allow' },
  );
  for (const host of [HOST, 'other.sallyport.localhost'])
    for (const name of NAMES)
      for (const form of forms(name)) {
        app.requests.length = 0;
        const end = form.startsWith('Connection') ? '' : 'Connection: close\r\n';
        const options = clientOptions(pki, port, { servername: host });
        const text = form.startsWith('Connection') ? form.replace('\r\n', ', close\r\n') : form;
        await sendRaw(options, `GET / HTTP/1.1\r\nHost: ${host}\r\n${end}${text}\r\n`);
        const [request] = app.requests;
        t.notMatch(JSON.stringify(request?.rawHeaders), EVIL, JSON.stringify(form));
        if (host === HOST) t.ok(request?.headers['x-assertion'], `still told: ${form.trim()}`);
      }
  for (const name of NAMES) {
    app.requests.length = 0;
    const body = `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n${name}: ${EVIL}\r\n\r\n`;
    const answer = await sendRaw(clientOptions(pki, port), `POST / HTTP/1.1\r\nHost: ${HOST}\r\n${body}`);
    const trailers = JSON.stringify(app.requests[0]?.rawTrailers ?? []);
    t.notMatch(trailers, EVIL, `trailer ${name}: ${answer.slice(0, 12)}`);
  }
});

t.test('what cannot be meant is an error', async (t) => {
  const { proxy, routes } = await setUp(t, {});
  const issuesOf = async (more: Partial<ConfigInput>) =>
    JSON.stringify((await proxy.reload('call', { ...baseConfig(pki), routes, ...more })).issues);
  t.match(
    await issuesOf({ set_request_headers: { 'X-A': '${client_cert.san_mail}' } }),
    'did you mean ${client_cert.san_email}?',
  );
  t.match(
    await issuesOf({ set_request_headers: { 'X-A': '${client_cert.cn' } }),
    'has a variable without a closing brace',
  );
  t.match(await issuesOf({ set_request_headers: { 'X-A': 'a\nb' } }), 'may hold printable ASCII only');
  for (const name of ['Host', 'Content-Length', 'X-Forwarded-For', 'Client-Cert'])
    t.match(await issuesOf({ set_request_headers: { [name]: 'x' } }), 'is for the proxy to say');
  t.match(await issuesOf({ set_request_headers: { 'X A': 'x' } }), 'is not a header name');
  t.match(await issuesOf({ signing_key: pki.client.certPem }), 'cannot be used');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  });
  t.match(await issuesOf({ signing_key: rsa }), 'expected one or more EC keys on P-256');
});
