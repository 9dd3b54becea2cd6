// What an app may have on its hands, and what happens beyond.
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { startH2App } from '../../support/h2-app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const pki = await makeTestPki();
type Route = Partial<ConfigInput['routes'][number]>;

async function setUp(t: Test, apps: readonly Pick<TestApp, 'url'>[], route: Route) {
  const to = apps.map(({ url }) => url);
  const running = await startProxy(t, {
    routes: [{ from: 'https://app.sallyport.localhost', to, ...route }],
  });
  return { ...running, ask: async () => (await call(clientOptions(pki, running.port))).status };
}

for (const route of [{ upstream_client: 'raw' }, { upstream_client: 'undici' }, { allow_h2: true }] as const)
  t.test(`so many connections, so many that wait: ${JSON.stringify(route)}`, async (t) => {
    const held: (() => void)[] = [];
    const app =
      'allow_h2' in route
        ? await startH2App(
            t,
            (stream) => void held.push(() => (stream.respond({ ':status': 200 }), stream.end())),
            {
              settings: { maxConcurrentStreams: 1 },
            },
          )
        : await startApp(t, (_, response) => void held.push(() => response.end('x')));
    const { ask, heard, proxy } = await setUp(t, [app], {
      circuit_breaker_thresholds: { max_connections: 2, max_pending_requests: 1 },
      ...route,
    });
    const waiting = () => proxy.live().upstreams[0]?.waiting;
    const begun = [ask()];
    await until(() => held.length === 1);
    begun.push(ask());
    await until(() => held.length === 2);
    begun.push(ask());
    await until(() => waiting() === 1);
    t.equal(await ask(), 503);
    t.match(heard.exchanges[0], { error: 'upstream_unavailable', detail: /1 requests are waiting already/ });
    for (let i = 0; i < 3; i++) {
      await until(() => held.length > i);
      held[i]?.();
    }
    t.strictSame(await Promise.all(begun), [200, 200, 200]);
  });

t.test('no second try where none is wanted', async (t) => {
  const [dead, alive] = [await startApp(t), await startApp(t)];
  dead.server.close();
  const { ask } = await setUp(t, [dead, alive], { circuit_breaker_thresholds: { max_retries: 0 } });
  t.strictSame(
    [await ask(), await ask()].toSorted((one, other) => one - other),
    [200, 502],
  );
});

t.test('no more requests at once than the app can bear', async (t) => {
  const held: (() => void)[] = [];
  const app = await startApp(t, (_, response) => void held.push(() => response.end('x')));
  const { ask } = await setUp(t, [app], { circuit_breaker_thresholds: { max_requests: 2 } });
  const begun = [ask(), ask()];
  await until(() => held.length === 2);
  t.equal(await ask(), 503);
  for (const end of held) end();
  t.strictSame(await Promise.all(begun), [200, 200]);
  const next = ask();
  await until(() => held.length === 3);
  held[2]?.();
  t.equal(await next, 200);
});
