// Several machines that meet in one Redis, over mutual TLS: one orders, all serve, and any of them answers the ACME server.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { once } from 'node:events';
import { type ConnectionOptions, connect } from 'node:tls';
import t from 'tap';
import { makeTestPki } from '../support/certificates.ts';
import { call, clientOptions } from '../support/client.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type Pebble, startPebble } from '../support/pebble.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { requireTool } from '../support/requires.ts';
import { RUN_SETTINGS, type RunProcess, runProcess, writeCertificates } from '../support/run-process.ts';
import { until } from '../support/until.ts';
import { startWebhook } from '../support/webhook.ts';

const HOST = 'a.corp.example';
const SEAL_KEY = Buffer.alloc(32, 7).toString('base64');

type Teardown = Parameters<typeof temporaryFolder>[0];

async function startInstance(
  t: Teardown,
  { pebble, redis, settings }: { pebble: Pebble; redis: RedisServer; settings: string },
): Promise<RunProcess> {
  const folder = temporaryFolder(t);
  await writeCertificates(folder);
  writeFileSync(path.join(folder, 'acme-ca.crt'), pebble.trustedCa);
  writeFileSync(
    path.join(folder, 'routes.yaml'),
    `${RUN_SETTINGS}autocert: true
autocert_ca: ${pebble.directoryUrl}
autocert_trusted_ca_file: acme-ca.crt
autocert_dir: ${redis.url}
autocert_encryption_keys: ['${SEAL_KEY}']
${settings}
routes:
  - from: https://${HOST}
    response: { body: one }
`,
  );
  return await runProcess(t, folder);
}

async function optionsFor(pebble: Pebble, { port }: RunProcess): Promise<ConnectionOptions> {
  return clientOptions(await makeTestPki(), port, { servername: HOST, ca: await pebble.root() });
}

async function untilServed(options: ConnectionOptions): Promise<void> {
  let isServed = false;
  const look = async (): Promise<void> => {
    while (!isServed)
      isServed = await call(options).then(
        () => true,
        () => false,
      );
  };
  await Promise.race([look(), until(() => isServed, 40_000)]);
}

const hasObtained = ({ records }: RunProcess): boolean =>
  records.some(({ event }) => event === 'certificate_obtained');

t.test('one orders, both serve; the one that does not order answers the server', async (t) => {
  if (!requireTool(t, 'pebble') || !requireTool(t, 'redis-server')) return;
  const [pebble, redis] = [await startPebble(t), await startRedis(t)];
  const plain = `http_redirect_addr: 127.0.0.1:${pebble.httpPort}`;
  const answering = await startInstance(t, {
    pebble,
    redis,
    settings: `${plain}\nautocert_challenges: [http-01]`,
  });
  await untilServed(await optionsFor(pebble, answering));
  // The second cannot be reached on the port that Pebble looks at: what it has, it has from the first.
  const other = await startInstance(t, {
    pebble,
    redis,
    settings: 'http_redirect_addr: 127.0.0.1:0\nautocert_challenges: [http-01]',
  });
  const options = await optionsFor(pebble, other);
  t.equal((await call(options)).body, 'one', 'at once');
  t.notOk(hasObtained(other));

  const first = connect(await optionsFor(pebble, answering));
  const [session] = (await once(first, 'session')) as [Buffer];
  first.destroy();
  const second = connect({ ...options, session });
  await once(second, 'secureConnect');
  t.ok(second.isSessionReused(), 'a session of one resumes on the other');
  second.destroy();
});

t.test('one that starts while Redis is away serves its copies', async (t) => {
  if (!requireTool(t, 'pebble') || !requireTool(t, 'redis-server')) return;
  const [pebble, redis] = [await startPebble(t), await startRedis(t)];
  const copies = temporaryFolder(t);
  const settings = `http_redirect_addr: 127.0.0.1:${pebble.httpPort}
autocert_challenges: [http-01]
autocert_cache_dir: ${copies}`;
  const first = await startInstance(t, { pebble, redis, settings });
  await untilServed(await optionsFor(pebble, first));
  first.child.kill('SIGTERM');
  await first.exited;
  await redis.kill();
  const second = await startInstance(t, { pebble, redis, settings });
  t.equal((await call(await optionsFor(pebble, second))).body, 'one');
  for (const file of readdirSync(copies, { recursive: true, withFileTypes: true }))
    if (file.isFile())
      t.match(readFileSync(path.join(file.parentPath, file.name), 'latin1'), /^sallyport-sealed-1/);
});

t.test('one is killed in the middle of an order, and the other brings it to its end', async (t) => {
  if (!requireTool(t, 'pebble') || !requireTool(t, 'redis-server')) return;
  const [pebble, redis] = [await startPebble(t), await startRedis(t)];
  let isHeld = true;
  let orders = 0;
  const { url, asked } = await startWebhook(t, async ({ url: act, body }) => {
    const [host, value] = [body['fqdn'], body['value']];
    if (act === '/present') {
      orders++;
      await until(() => !isHeld, 60_000);
      await pebble.manage('set-txt', { host, value });
    }
    return {};
  });
  const settings = `autocert_challenges: [dns-01]
autocert_dns: { provider: httpreq, httpreq_url: '${url}', resolvers: ['${pebble.dnsServer}'] }`;
  const first = await startInstance(t, { pebble, redis, settings });
  await until(() => asked.length > 0);
  first.child.kill('SIGKILL');
  await first.exited;
  isHeld = false;
  const second = await startInstance(t, { pebble, redis, settings });
  await until(() => hasObtained(second), 40_000);
  await untilServed(await optionsFor(pebble, second));
  t.equal(orders, 2, 'it was proven once more');
  t.strictSame(
    second.records.filter(({ level }) => level === 'warn'),
    [],
    'and nothing failed',
  );
});
