// Sessions that are resumed: what a client may take over from a handshake before, and what never. TLS does not look at
// CAs, dates or revocation again when it resumes (class of nginx CVE-2025-23419, Envoy CVE-2022-21654).
import { once } from 'node:events';
import type { ConnectionOptions, SecureVersion, TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { type CrlOptions, issueCrl } from '../../../src/pki/issue-crl.ts';
import { makeTestIntermediate, makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { clientOptions, openClient, readAll } from '../../support/client.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const routes = [{ from: 'https://app.sallyport.localhost', response: { status: 200, body: 'here' } }];
const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];
const pki = await makeTestPki();
const nobody = { cert: undefined, key: undefined };

interface Visit {
  readonly status: number;
  readonly reason: string | undefined;
  readonly isResumed: boolean;
  /** The last one given. */
  readonly session: Buffer;
}

/** One connection, one request; takes the session along. */
async function visit(t: Test, options: ConnectionOptions): Promise<Visit> {
  const socket: TLSSocket = await openClient(t, options);
  // TLS 1.2 gives its ticket within the handshake, TLS 1.3 after it.
  let session: Buffer | undefined = socket.getSession();
  socket.on('session', (ticket: Buffer) => (session = ticket));
  const isResumed = socket.isSessionReused();
  // A refused connection may be closed while this is on its way.
  socket.write(
    'GET / HTTP/1.1\r\nhost: app.sallyport.localhost\r\naccept: application/json\r\nconnection: close\r\n\r\n',
  );
  const answer = await readAll(socket);
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0),
    reason: /"cause":"(\w+)"/.exec(answer)?.[1],
    isResumed,
    session: session ?? Buffer.alloc(0),
  };
}

const only = (version: SecureVersion): ConnectionOptions => ({ minVersion: version, maxVersion: version });
const mtls = (more: ConfigInput['downstream_mtls']): ConfigInput => ({
  ...baseConfig(pki),
  routes,
  downstream_mtls: more,
});

const withList = async (revoked: CrlOptions['revoked'], more: Partial<CrlOptions> = {}) => ({
  ca: pki.clientCa.certPem,
  crl: (await issueCrl(pki.clientCa, { revoked, ...more })).crlPem,
});

for (const version of VERSIONS) {
  t.test(`${version}: a good session is resumed and worth what it was`, async (t) => {
    const { port, heard } = await startProxy(t, { routes });
    const options = clientOptions(pki, port, only(version));
    const first = await visit(t, options);
    t.match(first, { status: 200, isResumed: false });
    const second = await visit(t, { ...options, session: first.session });
    t.match(second, { status: 200, isResumed: true });
    t.match(await visit(t, { ...options, session: second.session }), { status: 200, isResumed: true });
    t.match(heard.exchanges[1]?.connection, { isResumed: true, sni: 'app.sallyport.localhost' });
    t.same(heard.exchanges[1]?.connection.client, heard.exchanges[0]?.connection.client, 'the same identity');
  });

  t.test(`${version}: a session made under a CA that was removed is worth nothing`, async (t) => {
    const { proxy, port, heard } = await startProxy(t, { routes });
    const options = clientOptions(pki, port, only(version));
    const { session } = await visit(t, options);
    const other = await makeTestRoot('Another client CA');
    t.match(await proxy.reload('call', mtls({ ca: other.certPem })), { result: 'applied' });
    const after = await visit(t, { ...options, session });
    t.match(after, { status: 403, reason: 'unknown_issuer', isResumed: false });
    t.match(heard.handshakeFailures, [{ reason: 'unknown_issuer', serial: String }]);
    t.match(await proxy.reload('call', mtls({ ca: pki.clientCa.certPem })), { result: 'applied' });
    t.match(await visit(t, { ...options, session: after.session }), { status: 200, isResumed: false });
    t.match(
      await visit(t, { ...options, session }),
      { status: 200, isResumed: false },
      'nor does it come back',
    );
  });

  t.test(`${version}: a session of a certificate that was revoked is worth nothing`, async (t) => {
    const { proxy, port } = await startProxy(t, { routes, downstream_mtls: await withList([]) });
    const options = clientOptions(pki, port, only(version));
    const { session, status } = await visit(t, options);
    t.equal(status, 200);
    const revoked = [{ serial: parseCertificate(pki.client.der).serial }];
    t.match(await proxy.reload('call', mtls(await withList(revoked))), { result: 'applied' });
    t.match(await visit(t, { ...options, session }), { status: 403, reason: 'revoked', isResumed: false });
    const late = { thisUpdate: new Date(Date.now() - 9e6), nextUpdate: new Date(Date.now() - 1e6) };
    t.match(await proxy.reload('call', mtls(await withList([], late))), { result: 'applied' });
    t.match(await visit(t, { ...options, session }), { status: 403, reason: 'crl_stale', isResumed: false });
  });

  t.test(`${version}: nor is one of a certificate that was locked out`, async (t) => {
    const { proxy, port } = await startProxy(t, { routes });
    const options = clientOptions(pki, port, only(version));
    const { session } = await visit(t, options);
    const deny = [{ san_email: 'alice@example.com' }];
    t.match(await proxy.reload('call', mtls({ ca: pki.clientCa.certPem, deny })), { result: 'applied' });
    const after = await visit(t, { ...options, session });
    t.match(after, { status: 403, reason: 'denied_locally', isResumed: false });
  });

  t.test(`${version}: a resumed certificate is refused once its revocation list has ended`, async (t) => {
    let now = Date.now();
    const list = await withList([], { nextUpdate: new Date(now + 60_000) });
    const { port } = await startProxy(t, { routes, downstream_mtls: list }, { clock: { now: () => now } });
    const options = clientOptions(pki, port, only(version));
    const { session, status } = await visit(t, options);
    t.equal(status, 200);
    now += 61_000;
    t.match(await visit(t, { ...options, session }), { status: 403, reason: 'crl_stale', isResumed: true });
  });

  t.test(`${version}: a newer edition of the same list keeps sessions`, async (t) => {
    const { proxy, port } = await startProxy(t, { routes, downstream_mtls: await withList([]) });
    const options = clientOptions(pki, port, only(version));
    const { session } = await visit(t, options);
    const newer = await withList([], { number: 2, nextUpdate: new Date(Date.now() + 9e8) });
    t.match(await proxy.reload('call', mtls(newer)), { result: 'applied' });
    t.match(await visit(t, { ...options, session }), { status: 200, isResumed: true });
  });

  t.test(`${version}: a reload that does not touch trust keeps sessions`, async (t) => {
    const { proxy, port } = await startProxy(t, { routes });
    const options = clientOptions(pki, port, only(version));
    const { session } = await visit(t, options);
    const reloaded = await proxy.reload('call', { ...baseConfig(pki), routes, max_connections: 99 });
    t.match(reloaded, { result: 'applied' });
    t.match(await visit(t, { ...options, session }), { status: 200, isResumed: true });
  });

  t.test(`${version}: a resumed certificate that has expired meanwhile is refused`, async (t) => {
    let now = Date.now();
    const { port, heard } = await startProxy(t, { routes }, { clock: { now: () => now } });
    const shortLived = await pki.issueClient({ notAfter: new Date(now + 60_000) });
    const options = clientOptions(pki, port, {
      ...only(version),
      cert: shortLived.certPem,
      key: shortLived.keyPem,
    });
    const { session, status } = await visit(t, options);
    t.equal(status, 200);
    now += 61_000;
    const late = await visit(t, { ...options, session });
    t.match(late, { status: 403, reason: 'expired', isResumed: true });
    t.match(heard.handshakeFailures, [{ reason: 'expired', detail: /resumed/ }]);
    const renewed = clientOptions(pki, port, only(version));
    t.match(
      await visit(t, { ...renewed, session: late.session }),
      { status: 200, isResumed: false },
      'who has a new certificate by now is asked for it',
    );
  });

  t.test(`${version}: whoever has imported a certificate after a refusal is asked again`, async (t) => {
    const { port } = await startProxy(t, { routes });
    const options = clientOptions(pki, port, only(version));
    const first = await visit(t, { ...options, ...nobody });
    t.match(first, { status: 403, reason: 'none_sent' });
    t.match(await visit(t, { ...options, session: first.session }), { status: 200, isResumed: false });
  });

  t.test(`${version}: however often was tried without one before`, async (t) => {
    const { port } = await startProxy(t, { routes });
    const options = clientOptions(pki, port, only(version));
    let { session } = await visit(t, { ...options, ...nobody });
    for (let tries = 0; tries < 3; tries++) {
      const again = await visit(t, { ...options, ...nobody, session });
      t.match(again, { status: 403, reason: 'none_sent', isResumed: false });
      session = again.session;
    }
    const admitted = await visit(t, { ...options, session });
    t.match(admitted, { status: 200, isResumed: false });
    t.match(
      await visit(t, { ...options, session: admitted.session }),
      { status: 200 },
      'and goes on being so',
    );
  });

  t.test(`${version}: a stranger at the same address takes resumption from nobody for long`, async (t) => {
    const { port } = await startProxy(t, { routes });
    const options = clientOptions(pki, port, only(version));
    const first = await visit(t, options);
    t.equal((await visit(t, { ...options, ...nobody })).status, 403);
    const asked = await visit(t, { ...options, session: first.session });
    t.match(asked, { status: 200, isResumed: false }, 'one full handshake');
    t.match(await visit(t, { ...options, session: first.session }), { status: 200, isResumed: true });
  });

  t.test(`${version}: the session of one proxy is nothing to another`, async (t) => {
    const one = await startProxy(t, { routes });
    const two = await startProxy(t, { routes });
    const { session } = await visit(t, clientOptions(pki, one.port, only(version)));
    const there = await visit(t, clientOptions(pki, two.port, { ...only(version), session }));
    t.match(there, { status: 200, isResumed: false });
    const stranger = await visit(t, clientOptions(pki, two.port, { ...only(version), ...nobody, session }));
    t.match(stranger, { status: 403, reason: 'none_sent', isResumed: false });
  });

  t.test(`${version}: where an intermediate vouches, the chain of the full handshake counts`, async (t) => {
    const root = await makeTestRoot('Deep root', { pathLength: 1 });
    const upper = await makeTestIntermediate(root, 'Upper');
    const leaf = await pki.issueClient({}, upper);
    const trust = { ca: root.certPem, max_verify_depth: 2 };
    const { proxy, port } = await startProxy(t, { routes, downstream_mtls: trust });
    const options = clientOptions(pki, port, {
      ...only(version),
      cert: leaf.certPem + upper.certPem,
      key: leaf.keyPem,
    });
    const first = await visit(t, options);
    t.match(first, { status: 200, isResumed: false });
    t.match(await visit(t, { ...options, session: first.session }), { status: 200, isResumed: true });
    t.match(await proxy.reload('call', mtls({ ...trust, max_verify_depth: 1 })), { result: 'applied' });
    t.match(
      await visit(t, { ...options, session: first.session }),
      { status: 403, reason: 'too_deep', isResumed: false },
      'a stricter depth counts at once',
    );
  });
}

t.test('a resumed leaf whose chain is needed and not known is refused, and then asked for it', async (t) => {
  const start = Date.now();
  let now = start - 3_600_000;
  const root = await makeTestRoot('Deep root', { pathLength: 1, notBefore: new Date(start - 7_200_000) });
  const upper = await makeTestIntermediate(root, 'Upper', { notBefore: new Date(start - 7_200_000) });
  const leaf = await pki.issueClient({ notBefore: new Date(start - 1_800_000) }, upper);
  const trust = { ca: root.certPem, max_verify_depth: 2 };
  const { port } = await startProxy(t, { routes, downstream_mtls: trust }, { clock: { now: () => now } });
  const options = clientOptions(pki, port, { cert: leaf.certPem + upper.certPem, key: leaf.keyPem });
  const early = await visit(t, options);
  t.match(early, { status: 403, reason: 'not_yet_valid', isResumed: false });
  now = start;
  const resumed = await visit(t, { ...options, session: early.session });
  t.match(resumed, { status: 403, reason: 'chain_unknown', isResumed: true });
  t.match(await visit(t, { ...options, session: resumed.session }), { status: 200, isResumed: false });
});

t.test('a session is not resumed once its time is over', async (t) => {
  const { port } = await startProxy(t, { routes, session_timeout: '1s' });
  const visits = VERSIONS.map((version) => clientOptions(pki, port, only(version)));
  const sessions: Buffer[] = [];
  for (const options of visits) sessions.push((await visit(t, options)).session);
  // OpenSSL counts by the system's clock.
  const made = performance.now();
  await until(() => performance.now() - made > 1100);
  for (const [index, options] of visits.entries())
    t.match(await visit(t, { ...options, session: sessions[index] }), { status: 200, isResumed: false });
});

t.test('a live connection is judged anew when the trust changes', async (t) => {
  const { proxy, port, heard } = await startProxy(t, { routes });
  const socket = await openClient(t, clientOptions(pki, port));
  const ask = async (): Promise<string> => {
    socket.write('GET / HTTP/1.1\r\nhost: app.sallyport.localhost\r\naccept: application/json\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString();
  };
  t.match(await ask(), /^HTTP\/1\.1 200 /);
  const other = await makeTestRoot('Another client CA');
  await proxy.reload('call', mtls({ ca: `${other.certPem}${pki.clientCa.certPem}` }));
  t.match(await ask(), /^HTTP\/1\.1 200 /, 'a CA more changes nothing for those in');
  await proxy.reload('call', mtls({ ca: other.certPem }));
  t.equal(await readAll(socket), '', 'and one less ends its connections');
  t.match(heard.revocations, [{ reason: 'unknown_issuer', state: 'idle' }]);
  t.equal(heard.exchanges.length, 2);
});
