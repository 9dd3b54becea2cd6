// The admin listener from elsewhere: by a route, with a certificate and a policy.
import path from 'node:path';
import t from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startProxy } from '../../support/proxy.ts';

const pki = await makeTestPki();
const bob = await pki.issueClient({ commonName: 'Bob', names: { email: ['bob@example.com'] } });
const from = 'https://app.sallyport.localhost';
const policy = { allow: { and: [{ client_certificate: { san_email: 'alice@example.com' } }] } };

t.test('whom policy admits sees it, and nobody else, and no page of another site', async (t) => {
  const admin_address = `unix:${path.join(temporaryFolder(t), 'admin.sock')}`;
  const { port } = await startProxy(t, { admin_address, routes: [{ from, to: admin_address, policy }] });
  const ask = async (headers = {}, who = {}, target = '/status') =>
    await call(clientOptions(pki, port, who), { headers, path: target });
  const status = await ask();
  t.equal(status.status, 200);
  t.match(JSON.parse(status.body), { state: 'ready', routes: 1 });
  t.match(await ask({}, {}, '/'), { status: 200, body: /Sallyport is ready/ });
  t.match(await ask({ 'sec-fetch-site': 'same-origin' }, {}, '/live'), { status: 200 });
  t.match(await ask({ 'sec-fetch-site': 'cross-site' }), { status: 403, body: /from no other site/ });
  t.match(await ask({ origin: 'https://evil.example' }), { status: 403 });
  t.equal((await ask({}, { cert: bob.certPem, key: bob.keyPem })).status, 403);
  t.equal((await ask({}, { cert: undefined, key: undefined })).status, 403);
});

t.test('never without a policy that holds', async (t) => {
  const start = (route: Partial<ConfigInput['routes'][number]>, to = 'http://127.0.0.1:9') =>
    startProxy(t, { admin_address: '127.0.0.1:9', routes: [{ from, to, ...route }] });
  for (const to of ['http://127.0.0.1:9', 'http://localhost:9', 'http://[::1]:9'])
    await t.rejects(start({}, to), /is admin_address: say in policy who may see it/, to);
  await t.rejects(start({ allow_public_unauthenticated_access: true }), /opens admin_address to everybody/);
  await t.rejects(start({ policy, policy_mode: 'audit' }), /with policy_mode: audit everybody would see it/);
});
