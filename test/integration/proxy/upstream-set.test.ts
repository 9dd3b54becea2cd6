// Several instances of an app: whose turn it is, who is left out, and that nobody notices when one of them dies.
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { silentObserver } from '../../../src/core/observer.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';
import { startEchoServer } from '../../support/grpc.ts';
import { startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();
type Route = Partial<ConfigInput['routes'][number]>;

/** Apps that answer with their number. */
async function startApps(
  t: Test,
  count: number,
  isWell: (index: number, request: IncomingMessage) => boolean,
) {
  return await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startApp(t, (request, response) => {
        response.statusCode = isWell(index, request) ? 200 : 500;
        response.end(String(index));
      }),
    ),
  );
}

async function setUp(t: Test, apps: readonly Pick<TestApp, 'url'>[], route: Route = {}) {
  const events: string[] = [];
  const running = await startProxy(
    t,
    { routes: [{ from: `https://${HOST}`, to: apps.map(({ url }) => url), ...route }] },
    {
      observer: {
        ...silentObserver,
        warning: ({ code }) => events.push(code),
        lifecycle: ({ event }) => events.push(event),
      },
    },
  );
  const ask = (headers: Record<string, string> = {}, more = {}) =>
    call(clientOptions(pki, running.port, more), { headers });
  const askMany = async (count: number): Promise<{ bodies: string; failed: number }> => {
    const answers = await Promise.all(Array.from({ length: count }, () => ask()));
    return {
      bodies: answers.map(({ body }) => body).join(''),
      failed: answers.filter(({ status }) => status !== 200).length,
    };
  };
  return { ...running, ask, askMany, events };
}

const close = async (app: TestApp | undefined): Promise<void> => {
  app?.server.closeAllConnections();
  await new Promise((resolve) => app?.server.close(resolve));
};

t.test('one of three that is killed costs no request, and gets none any more', async (t) => {
  const apps = await startApps(t, 3, () => true);
  const { askMany, events } = await setUp(t, apps);
  t.match(await askMany(30), { failed: 0, bodies: /0.*1.*2/ });
  await close(apps[1]);
  for (let round = 0; round < 5; round++) t.equal((await askMany(30)).failed, 0);
  t.notMatch((await askMany(30)).bodies, /1/);
  t.strictSame(events.filter((event) => event === 'upstream_unhealthy').length, 1);
});

t.test('one that takes connections and says nothing is tried less and less', async (t) => {
  const [app] = await startApps(t, 1, () => true);
  const silent = createServer((socket) => void socket.on('error', () => {}));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => silent.close());
  const hole = { url: `https://localhost:${(silent.address() as AddressInfo).port}` };
  const { ask } = await setUp(t, [app ?? hole, hole], { connect_timeout: '100ms' });
  for (let i = 0; i < 8; i++) t.equal((await ask()).status, 200);
  const began = performance.now();
  for (let i = 0; i < 10; i++) t.equal((await ask()).status, 200);
  t.ok(performance.now() - began < 500, 'nobody waits for it');
});

t.test('answers of 500 and above in a row, where they count', async (t) => {
  const apps = await startApps(t, 2, (index) => index === 0);
  const { askMany, ask } = await setUp(t, apps, {
    outlier_detection: { consecutive_5xx: 3, base_ejection_time: '1m' },
  });
  await askMany(10);
  for (let i = 0; i < 10; i++) t.equal((await ask()).body, '0');
});

t.test('where all are out all are asked', async (t) => {
  const apps = await startApps(t, 2, () => false);
  const { ask } = await setUp(t, apps, {
    outlier_detection: { consecutive_5xx: 1, max_ejection_percent: 100 },
  });
  for (let i = 0; i < 6; i++) t.equal((await ask()).status, 500);
});

t.test('checks take one out before a request finds out, and in again', async (t) => {
  const sick = new Set<number>([1]);
  const apps = await startApps(t, 2, (index, request) => request.url !== '/health' || !sick.has(index));
  const check = { http_health_check: { path: '/health' }, interval: '20ms', timeout: '1s' };
  const { askMany, events, heard } = await setUp(t, apps, {
    health_checks: [{ ...check, unhealthy_threshold: 2, healthy_threshold: 2 }],
  });
  await until(() => events.includes('upstream_unhealthy'));
  t.match(await askMany(10), { bodies: '0'.repeat(10), failed: 0 });
  sick.clear();
  await until(() => events.includes('upstream_healthy'));
  t.match((await askMany(10)).bodies, /1/);
  t.strictSame(heard.warnings, []);
  const asked = apps[0]?.requests.find(({ url }) => url === '/health');
  t.match(asked?.headers, { 'user-agent': 'sallyport-health-check' });
});

t.test('checks by a connection, and by the protocol of gRPC', async (t) => {
  const [app] = await startApps(t, 1, () => true);
  const gone = await startApp(t);
  await close(gone);
  const tcp = await setUp(t, [app ?? gone, gone], {
    health_checks: [{ tcp_health_check: {}, interval: '20ms', unhealthy_threshold: 1 }],
  });
  await until(() => tcp.events.includes('upstream_unhealthy'));
  t.equal((await tcp.askMany(10)).failed, 0);
  const server = await startEchoServer(t);
  const grpc = await setUp(t, [{ url: `https://localhost:${server.port}` }], {
    allow_h2: true,
    health_checks: [
      { grpc_health_check: {}, interval: '20ms', unhealthy_threshold: 1 },
      { grpc_health_check: { service_name: 'test.Echo' }, interval: '20ms', unhealthy_threshold: 1 },
    ],
  });
  await until(() => server.checked.includes('') && server.checked.includes('test.Echo'));
  t.strictSame(
    grpc.events.filter((event) => event === 'upstream_unhealthy'),
    [],
  );
  server.health('NOT_SERVING');
  await until(() => grpc.events.includes('upstream_unhealthy'));
});

t.test('a browser is brought back by a cookie, and taken elsewhere when its instance dies', async (t) => {
  const apps = await startApps(t, 3, () => true);
  const { ask } = await setUp(t, apps, { sticky_cookie: 'app_node' });
  const first = await ask();
  const [cookie = ''] = first.headers['set-cookie'] ?? [];
  t.match(cookie, /^app_node=[0-9a-f]{16}; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
  const shown = { cookie: `other=1; ${cookie.split(';')[0]}` };
  for (let i = 0; i < 9; i++) {
    const again = await ask(shown);
    t.equal(again.body, first.body);
    t.equal(again.headers['set-cookie'], undefined);
  }
  await close(apps[Number(first.body)]);
  const moved = await ask(shown);
  t.equal(moved.status, 200);
  t.not(moved.body, first.body);
  t.match(moved.headers['set-cookie'], [/^app_node=/]);
});

t.test('what has the same key goes to the same instance', async (t) => {
  const apps = await startApps(t, 3, () => true);
  const byHeader = await setUp(t, apps, { load_balancing_policy: 'ring_hash', hash_key: 'header:X-Tenant' });
  const seen = new Set<string>();
  for (const tenant of Array.from({ length: 20 }, (_, index) => `tenant-${index}`)) {
    const { body } = await byHeader.ask({ 'x-tenant': tenant });
    t.equal((await byHeader.ask({ 'x-tenant': tenant })).body, body);
    seen.add(body);
  }
  t.equal(seen.size, 3);
  const byClient = await setUp(t, apps, { load_balancing_policy: 'MAGLEV' });
  const bodies = await byClient.askMany(10);
  t.match(bodies.bodies, /^(.)\1{9}$/, 'one client, one instance');
});

t.test('the less busy is asked', async (t) => {
  const held: (() => void)[] = [];
  const slow = await startApp(t, (_, response) => void held.push(() => response.end('slow')));
  const fast = await startApp(t, (_, response) => void response.end('fast'));
  const { ask } = await setUp(t, [slow, fast], { load_balancing_policy: 'LEAST_REQUEST' });
  const begun: ReturnType<typeof ask>[] = [];
  while (held.length === 0) {
    begun.push(ask());
    await Promise.race([begun.at(-1), until(() => held.length > 0)]);
  }
  for (let i = 0; i < 20; i++) t.equal((await ask()).body, 'fast');
  for (const end of held) end();
  await Promise.all(begun);
});
