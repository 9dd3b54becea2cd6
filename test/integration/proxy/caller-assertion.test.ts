// The signed assertion: who, for which host, verified with the published keys, made once and renewed in time.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { parseCertificate } from '../../../src/pki/facts.ts';
import type { Reflection } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';
import { HOST, setUp } from '../../support/caller-headers.ts';

const pki = await makeTestPki();
const facts = parseCertificate(pki.client.der);
const key = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const KEY = key();

t.test('an assertion says who, for which host, and can be verified with the published keys', async (t) => {
  let now = Date.now();
  const { ask, port } = await setUp(
    t,
    { pass_identity_headers: true },
    { signing_key: KEY },
    { now: () => now },
  );
  const { 'x-pomerium-jwt-assertion': token = '' } = await ask();
  for (const name of ['pomerium', 'sallyport']) {
    const answer = await call(clientOptions(pki, port), { path: `/.well-known/${name}/jwks.json?x` });
    t.match(answer, {
      status: 200,
      headers: { 'content-type': 'application/jwk-set+json', 'cache-control': 'max-age=300' },
    });
    const keys = createLocalJWKSet(JSON.parse(answer.body));
    const { payload, protectedHeader } = await jwtVerify(token, keys, { audience: HOST, issuer: HOST });
    t.match(protectedHeader, { alg: 'ES256', typ: 'JWT', kid: /^[\w-]{43}$/ });
    t.match(payload, {
      sub: 'spiffe://example.com/alice',
      email: 'alice@example.com',
      name: 'Alice Example',
      spiffe_id: 'spiffe://example.com/alice',
      cnf: { 'x5t#S256': Buffer.from(facts.sha256, 'hex').toString('base64url') },
      client_cert: { serial: facts.serial, san_email: ['alice@example.com'], issuer: facts.issuer },
    });
    t.equal((payload.exp ?? 0) - (payload.iat ?? 0), 300);
    await t.rejects(jwtVerify(token, keys, { audience: 'other.test' }));
  }
  const stranger = await call(clientOptions(pki, port, { cert: undefined, key: undefined }), {
    path: '/.well-known/pomerium/jwks.json',
  });
  t.equal(stranger.status, 403);
  t.match(await ask(pki.client, {}, 'other.sallyport.localhost'), { 'x-pomerium-jwt-assertion': undefined });
  now += 1;
});

t.test('one assertion lasts a connection and a route, until it nears its end', async (t) => {
  let now = Date.now();
  const { port } = await setUp(
    t,
    { pass_identity_headers: true },
    { signing_key: KEY, jwt_issuer_format: 'uri' },
    { now: () => now },
  );
  const { Agent } = await import('node:https');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const token = async (): Promise<string> => {
    const { body } = await call(clientOptions(pki, port), { agent });
    return (JSON.parse(body) as Reflection).headers['x-pomerium-jwt-assertion'] ?? '';
  };
  const first = await token();
  t.match(JSON.parse(Buffer.from(first.split('.')[1] ?? '', 'base64url').toString()), {
    iss: `https://${HOST}/`,
  });
  now += 239_000;
  t.equal(await token(), first);
  now += 2000;
  t.not(await token(), first);
});

t.test('keys are changed without a gap: the first signs, all are published', async (t) => {
  const { ask, proxy, port, config } = await setUp(
    t,
    { pass_identity_headers: true },
    { signing_key: KEY, jwks_public: true },
  );
  const { 'x-pomerium-jwt-assertion': old = '' } = await ask();
  const next = key();
  t.match(await proxy.reload('call', { ...config, signing_key: next + KEY }), { result: 'applied' });
  const stranger = clientOptions(pki, port, { cert: undefined, key: undefined });
  const { status, body } = await call(stranger, { path: '/.well-known/sallyport/jwks.json' });
  t.equal(status, 200, 'public, as was asked for');
  t.equal((await call(stranger)).status, 403, 'and nothing else is');
  const keys = createLocalJWKSet(JSON.parse(body));
  const { 'x-pomerium-jwt-assertion': fresh = '' } = await ask();
  const kid = async (token: string) => (await jwtVerify(token, keys)).protectedHeader.kid;
  t.not(await kid(old), await kid(fresh));
  t.match(createPublicKey(next).export({ format: 'jwk' }), { x: JSON.parse(body).keys[0].x });
});

t.test('without a key one is made, told of, and kept through reloads', async (t) => {
  const { ask, proxy, heard, config } = await setUp(t, { pass_identity_headers: true });
  t.match(heard.warnings, [{ detail: /signs with a key made at the start/ }]);
  const kidOf = async () =>
    Buffer.from(
      ((await ask())['x-pomerium-jwt-assertion'] ?? '').split('.')[0] ?? '',
      'base64url',
    ).toString();
  const before = await kidOf();
  await proxy.reload('call', { ...config, max_connections: 99 });
  t.equal(await kidOf(), before);
});
