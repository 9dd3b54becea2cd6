// What a host with `enrol` bears: too many, those who go away, a disk that fails, settings that cannot be meant.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { ConfigError } from '../../../src/app/config-error.ts';
import { createProxy } from '../../../src/app/proxy.ts';
import { issueDevClient } from '../../../src/certs/dev-issue.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { openClient } from '../../support/client.ts';
import { basic, devFolder, ENROL_HOST, newRequest, startEnrolment } from '../../support/enrol.ts';
import { baseConfig } from '../../support/proxy.ts';

t.test('tries and certificates have their limits', async (t) => {
  const { ask, invite, folder } = await startEnrolment(t);
  const token = await invite('ada@example.com');
  for (let i = 0; i < 10; i++)
    t.equal((await ask('simpleenroll', { headers: basic('x'.repeat(43)) })).status, 401);
  const tired = await ask('simpleenroll', { headers: basic(token) });
  t.equal(tired.status, 429);
  t.ok(Number(tired.headers['retry-after']) > 0 && Number(tired.headers['retry-after']) <= 60);
  const elsewhere = { localAddress: '127.0.0.2' };
  t.equal(
    (await ask('simpleenroll', { headers: basic(token) }, elsewhere)).status,
    200,
    'who comes from elsewhere',
  );

  const { pair } = await issueDevClient('bob@example.com', { folder, days: 1, now: Date.now() });
  const bob = { cert: pair.certPem, key: pair.keyPem };
  const answers = await Promise.all(Array.from({ length: 12 }, () => ask('simplereenroll', {}, bob)));
  t.strictSame(
    answers.map(({ status }) => status).toSorted((one, other) => one - other),
    [...Array.from({ length: 10 }, () => 200), 429, 429],
  );
});

t.test('an invitation that could not be used is not used up', async (t) => {
  const { ask, invite, folder, heard } = await startEnrolment(t);
  const headers = basic(await invite('ada@example.com'));
  const file = path.join(folder, 'client-ca.key');
  const key = readFileSync(file, 'utf8');
  writeFileSync(file, '');
  t.equal((await ask('simpleenroll', { headers })).status, 500);
  t.match(heard.warnings, [{ code: 'internal_error' }]);
  writeFileSync(file, key);
  t.equal((await ask('simpleenroll', { headers })).status, 200);
});

t.test('a client that goes away', async (t) => {
  const { ask, invite, port, pki, exchange } = await startEnrolment(t);
  const head = `POST /.well-known/est/simpleenroll HTTP/1.1\r\nhost: ${ENROL_HOST}\r\ncontent-type: application/pkcs10\r\n`;
  const options = { host: '127.0.0.1', port, ca: pki.serverCa.certPem, servername: ENROL_HOST };
  const early = await openClient(t, options);
  early.end(`${head}content-length: 100\r\n\r\nAAAA`);
  t.match(await exchange(0), { error: 'client_closed', disposition: 'abort' });
  const { body } = await newRequest();
  const { authorization } = basic(await invite('ada@example.com'));
  const late = await openClient(t, options);
  late.write(`${head}content-length: ${body.length}\r\nauthorization: ${authorization}\r\n\r\n${body}`, () =>
    late.destroy(),
  );
  await exchange(1);
  t.equal((await ask('simpleenroll', { headers: basic(await invite('ada@example.com')) })).status, 200);
});

t.test('settings that cannot be meant', async (t) => {
  const folder = await devFolder(t);
  const faults = async (route: object, more: object = {}): Promise<string[]> => {
    const routes = [{ from: `https://${ENROL_HOST}`, enrol: { ca_dir: folder }, ...route }];
    const proxy = createProxy({ ...baseConfig(await makeTestPki()), routes, ...more }, { watch: false });
    t.teardown(() => proxy.close());
    return await proxy.start().then(
      () => [],
      (error: unknown) => (error as ConfigError).problems.map(({ text }) => text),
    );
  };
  t.strictSame(await faults({}), []);
  t.match(await faults({ prefix: '/x' }), [/prefix: enrol takes a whole host/]);
  t.match(await faults({ from: 'https://*.localhost' }), [/from: enrol takes one host/]);
  t.match(await faults({ to: 'http://127.0.0.1:1' }), [/one action/]);
  t.match(await faults({ timeout: '1s' }), [/goes with to/]);
  t.match(await faults({ enrol: { ca_dir: '/nowhere' } }), [/client-ca\.crt: there is no such file/]);
  t.match(await faults({ enrol: { certificate_lifetime: '1m' } }), [/less than the least allowed/]);
});
