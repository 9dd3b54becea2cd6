// Limits that several instances count together, through a real Redis that demands their certificates.
import { once } from 'node:events';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { call, clientOptions, openClient } from '../../support/client.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';
import { startRedis } from '../../support/redis.ts';
import { requireTool } from '../../support/requires.ts';
import { until } from '../../support/until.ts';

const CHANNEL = 'sallyport:limits:1';
const REQUESTS = 100;
const pki = await makeTestPki();
const routes = [{ from: 'https://app.sallyport.localhost', response: { body: 'x' } }];

/** Two instances, and somebody else at the same Redis. */
async function setUp(t: Test, more: object = {}) {
  const server = await startRedis(t);
  const { upstreamClient, serverCa } = pki;
  const tls = { cert: upstreamClient.certPem, key: upstreamClient.keyPem, ca: serverCa.certPem };
  const redis = new Redis(server.url, { tls, maxRetriesPerRequest: null });
  redis.on('error', () => {});
  t.teardown(() => redis.disconnect());
  const listening = async (count: number): Promise<void> => {
    for (;;) {
      const [, found] = (await redis.pubsub('NUMSUB', CHANNEL)) as [string, number | string];
      if (Number(found) === count) return;
    }
  };
  const limits = [{ requests: REQUESTS, per: '1h' }];
  const settings = { routes, rate_limits: limits, rate_limit_redis: server.url, ...more };
  const [one, other] = [await startProxy(t, settings), await startProxy(t, settings)];
  await listening(2);
  /** How many of so many, one at each in turn, are let through. */
  const allowedOf = async (count: number, who = {}): Promise<number> => {
    let allowed = 0;
    for (let i = 0; i < count; i++) {
      const { port } = i % 2 === 0 ? one : other;
      if ((await call(clientOptions(pki, port, who))).status === 200) allowed++;
    }
    return allowed;
  };
  return { server, redis, listening, one, other, allowedOf, settings };
}

t.test('requests to either of two count for both', async (t) => {
  if (!requireTool(t, 'redis-server')) return;
  const { allowedOf, redis, one, other, settings, listening } = await setUp(t);
  for (const junk of [
    '',
    'null',
    '{}',
    '{"from":"x","takes":[1]}',
    '{"from":"x","takes":[["a","b","c",-5]]}',
  ])
    await redis.publish(CHANNEL, junk);
  const unknown = { from: 'x', takes: [['requests', 'nothing', 'CN=Bob', 1e9]] };
  await redis.publish(CHANNEL, JSON.stringify(unknown));
  const allowed = await allowedOf(3 * REQUESTS);
  t.ok(
    allowed >= REQUESTS && allowed < 1.5 * REQUESTS,
    `${allowed}, where each alone lets through ${REQUESTS}`,
  );
  const { rate_limit_redis: _, ...alone } = settings;
  t.equal((await one.proxy.reload('call', { ...baseConfig(pki), ...alone })).result, 'applied');
  await listening(1);
  t.pass('an instance that is told so counts alone from then on');
  await other.proxy.drain();
  await listening(0);
  t.pass('and one that has drained has no connection left that would keep its process alive');
});

t.test('while Redis is away each counts alone, and together again after that', async (t) => {
  if (!requireTool(t, 'redis-server')) return;
  const { server, one, other, allowedOf, listening } = await setUp(t);
  await server.kill();
  await until(() => one.heard.warnings.length > 0 && other.heard.warnings.length > 0);
  t.equal(await allowedOf(3 * REQUESTS), 2 * REQUESTS);
  await server.start();
  await listening(2);
  const bob = await pki.issueClient({ commonName: 'Bob' });
  t.ok((await allowedOf(3 * REQUESTS, { cert: bob.certPem, key: bob.keyPem })) < 1.5 * REQUESTS);
  t.match(one.heard.warnings, [{ code: 'redis_away', detail: /^rate_limit_redis: / }], 'said once');
});

t.test('who fails too often at one is not listened to by the other', async (t) => {
  if (!requireTool(t, 'redis-server')) return;
  const { one, other } = await setUp(t, { max_failed_handshakes_per_address: 5 });
  const stranger = await pki.issueClient({}, await makeTestRoot('Other'));
  const bad = clientOptions(pki, one.port, { cert: stranger.certPem, key: stranger.keyPem });
  for (let i = 0; i < 5; i++) await call(bad).catch(() => {});
  for (let isOpen = true; isOpen;) {
    const socket = await openClient(t, clientOptions(pki, other.port)).catch(() => undefined);
    isOpen = socket !== undefined;
    if (socket !== undefined) {
      socket.resume().end();
      await once(socket, 'close');
    }
  }
  t.match(other.heard.refused.at(-1), { cap: 'failed_handshakes', limit: 5 });
});
