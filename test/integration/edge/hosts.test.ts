// Hosts that demand different things of their clients, behind one port: what each asks for, and that nothing crosses.
import { once } from 'node:events';
import type { ConnectionOptions, SecureVersion, TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import type { Issued } from '../../../src/pki/issue-certificate.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { call, clientOptions, closed, openClient, readAll } from '../../support/client.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';

const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];
const pki = await makeTestPki();
const partnerCa = await makeTestRoot('Partner CA');
const partner = await pki.issueClient({ commonName: 'Partner' }, partnerCa);
const NAMES = ['usual', 'twin', 'open', 'asked', 'partner', 'modern', 'shut', 'lenient'] as const;
type Name = (typeof NAMES)[number];
const hostOf = (name: Name): string => `${name}.sallyport.localhost`;
const WHO = { subject: { cn: 'Alice Example' } };

const HOSTS: ConfigInput['hosts'] = [
  { host: hostOf('open'), downstream_mtls: { client_certificate: 'none' } },
  { host: hostOf('asked'), downstream_mtls: { client_certificate: 'request' } },
  { host: hostOf('shut'), downstream_mtls: { enforcement: 'policy' } },
  { host: hostOf('lenient'), downstream_mtls: { client_certificate: 'request' } },
  { host: hostOf('partner'), downstream_mtls: { ca: partnerCa.certPem } },
  { host: hostOf('modern'), tls_min_version: '1.3' },
];

const routeOf = (name: Name) => ({
  from: `https://${hostOf(name)}`,
  response: { status: 200, body: name },
  ...(name === 'open' && { allow_public_unauthenticated_access: true }),
  ...(name === 'asked' && { policy: { allow: { or: [WHO, { http_path: '/public' }] } } }),
  ...(name === 'lenient' && {
    policy: [
      { allow: { and: [{ accept: true }] } },
      { deny: { or: [{ invalid_client_certificate: true }] } },
    ],
  }),
});
const ROUTES = NAMES.map(routeOf);

async function setUp(t: Test, more: Partial<ConfigInput> = {}) {
  const running = await startProxy(t, { routes: ROUTES, hosts: HOSTS, ...more });
  const options = (name: Name, who?: Issued, rest: ConnectionOptions = {}) =>
    clientOptions(pki, running.port, {
      servername: hostOf(name),
      cert: who?.certPem,
      key: who?.keyPem,
      checkServerIdentity: () => undefined,
      ...rest,
    });
  const ask = async (name: Name, who?: Issued, path = '/'): Promise<number> =>
    (await call(options(name, who), { path })).status;
  return { ...running, options, ask };
}

t.test('each host asks for what its settings say', async (t) => {
  const { ask, heard } = await setUp(t);
  t.equal(await ask('usual', pki.client), 200);
  t.equal(await ask('usual'), 403);
  t.equal(await ask('usual', partner), 403);
  t.equal(await ask('open'), 200);
  t.equal(await ask('open', pki.client), 200);
  t.equal(heard.exchanges.at(-1)?.connection.client, undefined, 'who is not asked shows nothing');
  t.equal(await ask('partner', partner), 200);
  t.equal(await ask('partner', pki.client), 403, 'a CA of its own is instead of the other');
  t.equal(await ask('asked', pki.client), 200);
  t.equal(await ask('asked'), 403);
  t.equal(await ask('asked', undefined, '/public'), 200);
  t.equal(await ask('asked', partner), 403, 'what does not pass is nobody');
  t.equal(await ask('asked', partner, '/public'), 200);
  t.equal(await ask('lenient'), 200);
  t.equal(await ask('lenient', partner), 403);
});

t.test('where a certificate is only asked for, a route without a policy admits nobody', async (t) => {
  const { ask, heard } = await setUp(t);
  t.equal(await ask('shut'), 403);
  t.equal(await ask('shut', pki.client), 403);
  t.match(heard.exchanges.at(-1), { error: 'denied', reason: 'certificate_not_demanded' });
  t.match(heard.warnings.filter(({ detail }) => detail.includes('admits nobody')).length, 1);
});

t.test('a stranger on a host that asks is no failed handshake, one with a bad certificate is', async (t) => {
  const { ask, heard } = await setUp(t);
  await ask('lenient');
  t.equal(heard.handshakeFailures.length, 0);
  await ask('lenient', partner);
  t.match(heard.handshakeFailures, [{ phase: 'certificate', reason: 'unknown_issuer' }]);
});

t.test('a host may refuse an older version of TLS', async (t) => {
  const { options } = await setUp(t);
  const old = { maxVersion: 'TLSv1.2' } as const;
  t.equal((await call(options('usual', pki.client, old))).status, 200);
  await t.rejects(call(options('modern', pki.client, old)), /alert protocol version|tlsv1 alert/i);
  t.equal((await call(options('modern', pki.client))).status, 200);
});

t.test('another host of other settings is misdirected, and the connection is done', async (t) => {
  const { options, heard } = await setUp(t);
  for (const [sni, host] of [
    ['open', 'usual'],
    ['open', 'partner'],
    ['usual', 'partner'],
    ['partner', 'usual'],
    ['usual', 'open'],
  ] as const) {
    const socket = await openClient(t, options(sni, sni === 'partner' ? partner : pki.client));
    socket.write(
      `GET / HTTP/1.1\r\nhost: ${hostOf(host)}\r\n\r\nGET / HTTP/1.1\r\nhost: ${hostOf(sni)}\r\n\r\n`,
    );
    const answer = await readAll(socket);
    t.match(answer, /^HTTP\/1\.1 421 [^]*connection: close/i, `${sni} asks for ${host}`);
    t.equal(answer.match(/HTTP\/1\.1 \d/g)?.length, 1);
    t.match(heard.exchanges.at(-1), { error: 'misdirected' });
  }
  const socket = await openClient(t, options('usual', pki.client));
  socket.write(`GET / HTTP/1.1\r\nhost: ${hostOf('twin')}\r\nconnection: close\r\n\r\n`);
  t.match(await readAll(socket), /^HTTP\/1\.1 200 /, 'hosts with the same settings share connections');
});

/** One request; gives the session as well. */
async function visit(t: Test, options: ConnectionOptions) {
  const socket: TLSSocket = await openClient(t, options);
  let session: Buffer | undefined = socket.getSession();
  socket.on('session', (ticket: Buffer) => (session = ticket));
  const isResumed = socket.isSessionReused();
  socket.write(`GET /public HTTP/1.1\r\nhost: ${options.servername ?? ''}\r\nconnection: close\r\n\r\n`);
  const answer = await readAll(socket);
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0), isResumed, session };
}

for (const version of VERSIONS)
  t.test(`${version}: a session never leaves the hosts it was made for`, async (t) => {
    const { options } = await setUp(t);
    const only = { minVersion: version, maxVersion: version };
    const made = await visit(t, options('usual', pki.client, only));
    t.match(made, { status: 200, isResumed: false });
    t.match(await visit(t, options('usual', pki.client, { ...only, session: made.session })), {
      isResumed: true,
    });
    t.match(await visit(t, options('twin', pki.client, { ...only, session: made.session })), { status: 200 });
    for (const name of ['partner', 'asked', 'open', 'lenient'] as const) {
      const there = await visit(t, options(name, pki.client, { ...only, session: made.session }));
      t.equal(there.isResumed, false, name);
      if (name === 'partner') t.equal(there.status, 403);
    }
    const open = await visit(t, options('open', undefined, only));
    const stranger = await visit(t, options('usual', undefined, { ...only, session: open.session }));
    t.match(stranger, { status: 403, isResumed: false }, 'the ticket of a public host opens no other');
  });

t.test('who names no host is refused where hosts differ', async (t) => {
  const { options, heard } = await setUp(t);
  await t.rejects(call(options('usual', pki.client, { servername: '' })), /unrecognized name/i);
  t.match(heard.handshakeFailures, [{ phase: 'tls', reason: 'no_server_name', sni: undefined }]);
});

t.test('or is taken to mean the default host, in a group of its own', async (t) => {
  const { options } = await setUp(t, { default_host: hostOf('partner') });
  const nameless = (who: Issued, session?: Buffer) =>
    options('partner', who, { servername: '', maxVersion: 'TLSv1.2', ...(session && { session }) });
  const ask = async (who: Issued, host: Name) => (await call(nameless(who), { host: hostOf(host) })).status;
  t.equal(await ask(partner, 'partner'), 200);
  t.equal(await ask(pki.client, 'partner'), 403);
  t.equal(await ask(partner, 'usual'), 421);
  const named = await visit(t, options('partner', partner, { maxVersion: 'TLSv1.2' }));
  const socket = await openClient(t, nameless(partner, named.session));
  t.equal(socket.isSessionReused(), false);
});

t.test('a name that no setting speaks of gets what holds for all', async (t) => {
  const { options } = await setUp(t);
  const answer = await call({ ...options('usual'), servername: 'unheard-of.sallyport.localhost' });
  t.equal(answer.status, 403);
});

t.test('a reload that asks more of a host ends what was connected with less', async (t) => {
  const { options, proxy, ask } = await setUp(t);
  const socket = await openClient(t, options('open'));
  socket.write(`GET / HTTP/1.1\r\nhost: ${hostOf('open')}\r\n\r\n`);
  await once(socket, 'data');
  const gone = closed(socket);
  socket.resume();
  const hosts = HOSTS.filter(({ host }) => host !== hostOf('open'));
  const reloaded = await proxy.reload('call', { ...baseConfig(pki), routes: ROUTES, hosts });
  t.equal(reloaded.result, 'applied', JSON.stringify(reloaded.issues));
  await gone;
  t.equal(await ask('open'), 403);
  t.equal(await ask('open', pki.client), 200);
});

t.test('a route may name the client CA of its host, as in Pomerium', async (t) => {
  const own = { ...routeOf('usual'), tls_downstream_client_ca: partnerCa.certPem };
  const { ask, proxy } = await setUp(t, { routes: [own, routeOf('twin')], hosts: [] });
  t.equal(await ask('usual', partner), 200);
  t.equal(await ask('usual', pki.client), 403);
  t.equal(await ask('twin', pki.client), 200);
  const other = { ...own, prefix: '/x', tls_downstream_client_ca: pki.clientCa.certPem };
  const { result, issues } = await proxy.reload('call', { ...baseConfig(pki), routes: [own, other] });
  t.equal(result, 'refused');
  t.match(issues, [
    /routes\[1\]\.tls_downstream_client_ca: the host of this route has another client CA already/,
  ]);
});

t.test('settings that contradict each other are errors', async (t) => {
  const { proxy } = await setUp(t);
  const reload = async (more: Partial<ConfigInput>) =>
    JSON.stringify(await proxy.reload('call', { ...baseConfig(pki), routes: ROUTES, ...more }));
  const { downstream_mtls: mtls } = baseConfig(pki);
  t.match(
    await reload({ hosts: [{ host: 'a.test' }, { host: 'A.test' }] }),
    /hosts\[1\]\.host: 'A\.test' has an entry already/,
  );
  t.match(
    await reload({ downstream_mtls: { ...mtls, enforcement: 'policy', client_certificate: 'require' } }),
    /client_certificate: enforcement: policy is the same as request, and this says require/,
  );
  t.match(
    await reload({ hosts: [{ host: 'https://a.test' }] }),
    /hosts\[0\]\.host: 'https:\/\/a\.test' is not a host name/,
  );
  t.match(await reload({ tls_min_version: '1.1' as '1.2' }), /'1\.1' is none of 1\.2, 1\.3/);
});
