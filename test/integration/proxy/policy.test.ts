// Policies on real connections: who passes, who is told what, and that an app sees nobody who was refused.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import type { Issued } from '../../../src/pki/issue-certificate.ts';
import { startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { type Call, call, clientOptions } from '../../support/client.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();
const bob = await pki.issueClient({ commonName: 'Bob', names: { email: ['bob@example.com'] } });

type Policy = NonNullable<ConfigInput['routes'][number]['policy']>;

async function setUp(t: Test, policy: Policy | undefined, more: Partial<ConfigInput> = {}) {
  const app = await startApp(t);
  const route = { from: `https://${HOST}`, to: app.url, ...(policy && { policy }) };
  const running = await startProxy(t, { routes: [route], ...more });
  const ask = async (who: Issued = pki.client, made: Call = {}) => {
    const options = clientOptions(pki, running.port, { cert: who.certPem, key: who.keyPem });
    const { status, body } = await call(options, { headers: { accept: 'application/json' }, ...made });
    return status === 200 ? status : `${status} ${/"code":"(\w+)"/.exec(body)?.[1]}`;
  };
  return { ...running, app, route, ask };
}

t.test('admits whom a rule allows, and nobody else', async (t) => {
  const { ask, app, heard } = await setUp(t, [{ allow: { and: [{ san_email: 'alice@example.com' }] } }]);
  t.equal(await ask(), 200);
  app.requests.length = 0;
  t.equal(await ask(bob), '403 denied');
  t.equal(app.requests.length, 0);
  t.match(heard.exchanges[1], { status: 403, error: 'denied', reason: 'no_allow_rule', route: String });
});

t.test('deny wins, for a method, a path, an address', async (t) => {
  const policy = [
    {
      deny: { and: [{ http_method: { not_in: ['GET', 'HEAD'] } }, { http_path: { starts_with: '/admin' } }] },
    },
    { allow: { or: [{ accept: true as const }] } },
  ];
  const { ask, app, heard } = await setUp(t, policy);
  t.equal(await ask(bob, { path: '/admin/x' }), 200);
  t.equal(await ask(bob, { path: '/x', method: 'POST' }), 200);
  app.requests.length = 0;
  for (const path of ['/admin', '/admin/x', '/%61dmin'])
    t.equal(await ask(bob, { path, method: 'POST' }), '403 denied', path);
  t.equal(app.requests.length, 0);
  t.match(heard.exchanges[2], { reason: 'deny_rule', detail: 'policy[0].deny.and' });
  const { ask: askThere } = await setUp(t, [...policy, { deny: { or: [{ source_ip: '127.0.0.0/8' }] } }]);
  t.equal(await askThere(), '403 denied');
});

t.test('one connection is asked about anew for every request', async (t) => {
  const { port, route, proxy } = await setUp(t, { allow: { and: [{ http_path: '/open' }] } });
  const { Agent } = await import('node:https');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const ask = async (target: string) =>
    (await call(clientOptions(pki, port), { agent, path: target })).status;
  t.same([await ask('/open'), await ask('/shut'), await ask('/open')], [200, 403, 200]);
  const routes = [{ ...route, policy: { allow: { and: [{ http_path: '/shut' }] } } }];
  await proxy.reload('call', { ...baseConfig(pki), routes });
  t.same([await ask('/open'), await ask('/shut')], [403, 200], 'and under a new policy by the new one');
});

t.test('a policy that is only watched lets through, and says what it would have done', async (t) => {
  const policy = { allow: { and: [{ san_email: 'alice@example.com' }] } };
  const { ask, heard } = await setUp(t, policy, { policy_mode: 'audit' });
  t.equal(await ask(), 200);
  t.equal(await ask(bob), 200);
  t.match(heard.exchanges, [
    { status: 200, wouldDeny: undefined },
    { status: 200, wouldDeny: 'no_allow_rule' },
  ]);
  const stranger = await pki.issueClient({}, pki.upstreamCa);
  t.equal(
    await ask(stranger),
    '403 client_certificate_invalid',
    'a certificate that does not pass still does not',
  );
});

t.test('a global policy holds beside those of the routes', async (t) => {
  const global = {
    policy: { deny: { or: [{ certificate_group: 'leavers' }] } },
    groups: { leavers: [{ subject: { cn: 'Bob' } }] },
  };
  const { ask } = await setUp(t, { allow: { and: [{ accept: true as const }] } }, global);
  t.equal(await ask(), 200);
  t.equal(await ask(bob), '403 denied');
  const { ask: askPlain } = await setUp(t, undefined, global);
  t.equal(await askPlain(), 200);
  t.equal(await askPlain(bob), '403 denied', 'also where a route has no policy');
});

t.test('groups come from a file of their own, which is read again', async (t) => {
  const folder = t.testdir();
  const file = path.join(folder, 'people.yaml');
  writeFileSync(file, 'team:\n  - san_email: bob@example.com\n');
  const policy = { allow: { and: [{ certificate_group: 'team' }] } };
  const { ask, proxy } = await setUp(t, policy, { groups_file: file });
  t.equal(await ask(), '403 denied');
  t.equal(await ask(bob), 200);
  writeFileSync(file, 'team:\n  - san_email: bob@example.com\n  - subject: {cn: Alice Example}\n');
  t.match(await proxy.reload(), { result: 'applied' });
  t.equal(await ask(), 200);
  writeFileSync(file, 'team:\n  - san_mail: bob@example.com\n');
  const { result, issues } = await proxy.reload();
  t.equal(result, 'refused');
  t.match(issues, [/groups_file: .*people\.yaml: team\.0\.san_mail is not known of a certificate/]);
  t.equal(await ask(), 200, 'and everything stays');
});
