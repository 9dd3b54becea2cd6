// Rows about what stands between the client's certificate and the CA bundle.
import { makeTestIntermediate, makeTestPki, makeTestRoot } from './certificates.ts';
import { type ClientCase, EXPIRED, NO_ISSUER, PASSES, SERVER_AUTH, usage } from './client-case.ts';

export async function makeChainCases(): Promise<ClientCase[]> {
  const { issueClient } = await makeTestPki();
  const root = await makeTestRoot('Deep root', { pathLength: 2 });
  const upper = await makeTestIntermediate(root, 'Upper', { pathLength: 1 });
  const lower = await makeTestIntermediate(upper, 'Lower');
  const underUpper = await issueClient({}, upper);
  const underLower = await issueClient({}, lower);
  const oldUpper = await makeTestIntermediate(root, 'Upper', {
    pathLength: 1,
    keyPem: upper.keyPem,
    ...EXPIRED,
  });
  const oldRoot = await makeTestRoot('Deep root', { pathLength: 2, keyPem: root.keyPem, ...EXPIRED });
  const serverUpper = await makeTestIntermediate(root, 'Servers only', usage(SERVER_AUTH));
  const weakUpper = await makeTestIntermediate(root, 'Weak', { keyAlgorithm: 'rsa-1024' });
  const sha1Upper = await makeTestIntermediate(root, 'Old digest', { signatureHash: 'SHA-1' });
  const dnsRoot = await makeTestRoot('DNS root', { nameConstraints: { dns: ['example.test'], ip: [] } });
  const shortRoot = await makeTestRoot('Short root');
  const tooLong = await makeTestIntermediate(shortRoot, 'One too many');
  return [
    {
      name: 'an intermediate within the depth',
      client: underUpper,
      chain: [upper],
      anchors: [root],
      depth: 2,
      ...PASSES,
    },
    {
      name: 'an intermediate beyond the depth',
      client: underUpper,
      chain: [upper],
      anchors: [root],
      verdict: 'too_deep',
      openssl: 'ok',
    },
    { name: 'any depth', client: underLower, chain: [lower, upper], anchors: [root], depth: 0, ...PASSES },
    {
      name: 'intermediates in the wrong order',
      client: underLower,
      chain: [upper, lower],
      anchors: [root],
      depth: 3,
      ...PASSES,
    },
    {
      name: 'an intermediate that was not sent',
      client: underUpper,
      anchors: [root],
      verdict: 'unknown_issuer',
      openssl: NO_ISSUER,
    },
    { name: 'an intermediate in the bundle', client: underUpper, anchors: [root, upper], ...PASSES },
    { name: 'an intermediate alone in the bundle', client: underUpper, anchors: [upper], ...PASSES },
    {
      name: 'an expired intermediate',
      client: underUpper,
      chain: [oldUpper],
      anchors: [root],
      depth: 2,
      verdict: 'expired',
      openssl: 'CERT_HAS_EXPIRED',
    },
    {
      name: 'an expired intermediate beside its renewal',
      client: underUpper,
      chain: [oldUpper, upper],
      anchors: [root],
      depth: 2,
      ...PASSES,
    },
    {
      name: 'an expired anchor',
      client: await issueClient({}, oldRoot),
      anchors: [oldRoot],
      verdict: 'expired',
      openssl: 'CERT_HAS_EXPIRED',
    },
    {
      name: 'an expired anchor beside its renewal',
      client: await issueClient({}, oldRoot),
      anchors: [oldRoot, root],
      ...PASSES,
    },
    {
      name: 'an intermediate for servers only',
      client: await issueClient({}, serverUpper),
      chain: [serverUpper],
      anchors: [root],
      depth: 2,
      verdict: 'wrong_eku',
      openssl: 'INVALID_PURPOSE',
    },
    {
      name: 'an intermediate with a weak key',
      client: await issueClient({}, weakUpper),
      chain: [weakUpper],
      anchors: [root],
      depth: 2,
      verdict: 'weak_key',
      openssl: 'UNSPECIFIED',
    },
    {
      name: 'an intermediate with a weak signature',
      client: await issueClient({}, sha1Upper),
      chain: [sha1Upper],
      anchors: [root],
      depth: 2,
      verdict: 'weak_signature',
      openssl: 'UNSPECIFIED',
    },
    {
      name: 'more intermediates than the root allows',
      client: await issueClient({}, tooLong),
      chain: [tooLong],
      anchors: [shortRoot],
      depth: 2,
      verdict: 'too_deep',
      openssl: 'PATH_LENGTH_EXCEEDED',
      ours: 'ok',
    },
    {
      name: 'a name outside the constraints of the root',
      client: await issueClient({ names: { dns: ['elsewhere.test'] } }, dnsRoot),
      anchors: [dnsRoot],
      verdict: 'name_constraint',
      openssl: 'UNSPECIFIED',
      ours: 'ok',
    },
    {
      name: 'a dotted common name, which OpenSSL takes for a DNS name',
      client: await issueClient({ commonName: 'alice.example' }, dnsRoot),
      anchors: [dnsRoot],
      verdict: 'name_constraint',
      openssl: 'UNSPECIFIED',
      ours: 'ok',
    },
  ];
}
