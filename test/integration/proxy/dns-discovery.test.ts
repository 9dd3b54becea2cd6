// Apps whose addresses are in DNS: each is an instance, what DNS says is followed, and no request notices.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import type { ProxyOptions } from '../../../src/app/proxy-contract.ts';
import { silentObserver } from '../../../src/core/observer.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';
import { startDnsServer } from '../../support/dns-server.ts';
import { certificateFile, explanationOf } from '../../support/explain.ts';
import { baseConfig, startProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const HOST = 'app.sallyport.localhost';
/** A name in the certificate of the apps. */
const NAME = 'app.internal';
const SERVICE = `_api._tcp.${NAME}`;
const pki = await makeTestPki();
type Route = ConfigInput['routes'][number];

interface App extends TestApp {
  readonly port: number;
  connections: number;
}

/** One that answers with its address; `/hold` waits for `release`. */
async function startAppAt(t: Test, host: string, port = 0): Promise<App & { held: ServerResponse[] }> {
  const held: ServerResponse[] = [];
  const app = await startApp(
    t,
    (request, response) => {
      if (request.url === '/hold') held.push(response);
      else response.end(request.url === '/host' ? request.headers.host : host);
    },
    { host, port },
  );
  const all = { ...app, port: (app.server.address() as AddressInfo).port, connections: 0, held };
  app.server.on('secureConnection', () => all.connections++);
  return all;
}

async function setUp(t: Test, route: Partial<Route>, options: ProxyOptions = {}) {
  const dns = await startDnsServer(t);
  const warnings: string[] = [];
  const events: string[] = [];
  const start = async (routes: readonly Partial<Route>[] = [route]) => {
    const running = await startProxy(
      t,
      {
        dns_resolvers: [dns.resolver],
        dns_refresh_rate: '100ms',
        dns_query_timeout: '100ms',
        dns_query_tries: 1,
        routes: routes.map((one) => ({ from: `https://${HOST}`, ...one })),
      },
      {
        observer: {
          ...silentObserver,
          warning: ({ code, detail }) => warnings.push(`${code} ${detail}`),
          lifecycle: ({ event, detail }) => events.push(`${event} ${detail}`),
        },
        ...options,
      },
    );
    const ask = (path = '/') => call(clientOptions(pki, running.port), { path });
    const askMany = async (count: number): Promise<string[]> => {
      const answers = await Promise.all(Array.from({ length: count }, () => ask()));
      return answers.map(({ status, body }) => (status === 200 ? body : `${status}: ${body}`));
    };
    const shown = (): string[] =>
      running.proxy
        .live()
        .upstreams.map(({ name }) => name)
        .sort();
    return { ...running, ask, askMany, shown };
  };
  return { dns, warnings, events, start };
}

const strict = (port: number): Partial<Route> => ({ to: `https://${NAME}:${port}`, dns_type: 'STRICT_DNS' });
const asked = (all: readonly string[]): string[] => [...new Set(all)].sort();

t.test('each address of a name gets requests, and a change moves them without a failed one', async (t) => {
  const first = await startAppAt(t, '127.0.0.1');
  const { port } = first;
  await Promise.all(['127.0.0.2', '127.0.0.3'].map((host) => startAppAt(t, host, port)));
  const { dns, start, events } = await setUp(t, strict(port));
  dns.addresses.set(NAME, ['127.0.0.2', '127.0.0.1']);
  const { ask, askMany, shown } = await start();
  t.strictSame(asked(await askMany(8)), ['127.0.0.1', '127.0.0.2']);
  t.strictSame(shown(), [`https://${NAME}:${port} (127.0.0.1)`, `https://${NAME}:${port} (127.0.0.2)`]);

  const held = Promise.all(Array.from({ length: 2 }, () => ask('/hold')));
  await until(() => first.held.length === 1);
  dns.addresses.set(NAME, ['127.0.0.2', '127.0.0.3']);
  const answers: string[] = [];
  while (!events.includes(`upstream_resolved ${NAME} is at 127.0.0.2, 127.0.0.3`))
    answers.push(...(await askMany(4)));
  answers.push(...(await askMany(8)));
  t.strictSame(
    answers.filter((one) => !one.startsWith('127.')),
    [],
  );
  t.strictSame(asked(await askMany(8)), ['127.0.0.2', '127.0.0.3']);
  t.equal(first.held.length, 1, 'its request is still there');
  first.held[0]?.end('to the end');
  t.notOk(
    await Promise.race([held.then(() => true), askMany(1).then(() => false)]),
    'the other is held elsewhere',
  );
  t.ok(shown().includes(`https://${NAME}:${port} (127.0.0.3)`));
});

t.test('the pool of an address that is gone is closed at once where nothing is in flight', async (t) => {
  const first = await startAppAt(t, '127.0.0.1');
  await startAppAt(t, '127.0.0.2', first.port);
  const { dns, start } = await setUp(t, strict(first.port));
  dns.addresses.set(NAME, ['127.0.0.1']);
  const closed = once(first.server, 'secureConnection').then(([socket]) => once(socket, 'close'));
  const { askMany, shown } = await start();
  t.strictSame(await askMany(1), ['127.0.0.1']);
  dns.addresses.set(NAME, ['127.0.0.2']);
  await closed;
  t.strictSame(shown(), [`https://${NAME}:${first.port} (127.0.0.2)`]);
  t.strictSame(await askMany(1), ['127.0.0.2']);
});

t.test('an address where nobody listens costs no request and is left alone', async (t) => {
  const { port } = await startAppAt(t, '127.0.0.1');
  const { dns, start, warnings } = await setUp(t, strict(port));
  dns.addresses.set(NAME, ['127.0.0.1', '127.0.0.9']);
  const { askMany } = await start();
  for (let i = 0; i < 6; i++) t.strictSame(asked(await askMany(4)), ['127.0.0.1']);
  t.ok(warnings.some((text) => text.startsWith(`upstream_unhealthy https://${NAME}:${port} (127.0.0.9)`)));
});

t.test('without an answer the last addresses stand, and it is said once', async (t) => {
  const { port } = await startAppAt(t, '127.0.0.1');
  const { dns, start, warnings, events } = await setUp(t, strict(port));
  dns.addresses.set(NAME, ['127.0.0.1']);
  const { askMany } = await start();
  const unresolved = (): number => warnings.filter((text) => text.startsWith('upstream_unresolved')).length;
  const questions = async (count: number): Promise<void> => {
    const before = dns.asked.length;
    await until(() => dns.asked.length >= before + count);
  };
  dns.mood = 'fails';
  await until(() => unresolved() === 1);
  dns.mood = 'silent';
  await questions(2);
  dns.mood = 'answers';
  dns.addresses.delete(NAME);
  await questions(3);
  dns.addresses.set(NAME, []);
  await questions(3);
  dns.addresses.set(NAME, ['0.0.0.0', '255.255.255.255', '224.0.0.1', '::']);
  await questions(3);
  t.strictSame(await askMany(2), ['127.0.0.1', '127.0.0.1']);
  t.equal(unresolved(), 1);
  dns.addresses.set(NAME, ['127.0.0.1']);
  await until(
    () => events.filter((text) => text === `upstream_resolved ${NAME} is at 127.0.0.1`).length === 2,
  );
});

t.test(
  'a name that is nowhere keeps nobody from starting, and is found as soon as it is there',
  async (t) => {
    const { port } = await startAppAt(t, '127.0.0.1');
    const { dns, start } = await setUp(t, strict(port));
    const { ask } = await start();
    const refused = await ask();
    t.match(refused, { status: 503, body: /upstream_unavailable/ });
    dns.addresses.set(NAME, ['127.0.0.1']);
    for (let answer = refused; answer.status !== 200; answer = await ask()) t.equal(answer.status, 503);
  },
);

t.test('a reload keeps connections, and asks no more than before', async (t) => {
  const app = await startAppAt(t, '127.0.0.1');
  const { dns, start } = await setUp(t, strict(app.port));
  dns.addresses.set(NAME, ['127.0.0.1']);
  const { proxy, config, askMany } = await start();
  await askMany(1);
  dns.mood = 'silent';
  const began = performance.now();
  const { result } = await proxy.reload('call', {
    ...config,
    routes: [...config.routes, { from: 'https://other.sallyport.localhost', response: { status: 204 } }],
  });
  t.equal(result, 'applied');
  t.ok(performance.now() - began < 1500, 'it waits for no answer that it has');
  t.strictSame(await askMany(1), ['127.0.0.1']);
  t.equal(app.connections, 1);
  dns.mood = 'answers';
  const gone = await proxy.reload('call', {
    ...config,
    routes: [{ from: `https://${HOST}`, to: 'https://other.internal', dns_type: 'STRICT_DNS' }],
  });
  t.equal(gone.result, 'applied');
  const count = (name: string): number => dns.asked.filter((one) => one.endsWith(` ${name}`)).length;
  const before = [count(NAME), count('other.internal')] as const;
  await until(() => count('other.internal') >= before[1] + 6);
  t.ok(count(NAME) <= before[0] + 1, 'what no route names is not asked about any more');
});

t.test('checks follow the addresses', async (t) => {
  const { port } = await startAppAt(t, '127.0.0.1');
  const { dns, start, warnings } = await setUp(t, {
    ...strict(port),
    health_checks: [{ tcp_health_check: {}, interval: '20ms', unhealthy_threshold: 1 }],
  });
  dns.addresses.set(NAME, ['127.0.0.1']);
  const { proxy } = await start();
  dns.addresses.set(NAME, ['127.0.0.1', '127.0.0.9']);
  const dead = `https://${NAME}:${port} (127.0.0.9)`;
  await until(() => warnings.some((text) => text.startsWith(`upstream_unhealthy ${dead}`)));
  t.equal(proxy.live().upstreams.find(({ name }) => name === dead)?.isReady, false);
  dns.addresses.set(NAME, ['127.0.0.1']);
  await until(() => !proxy.live().upstreams.some(({ name }) => name === dead));
});

t.test('SRV records say where, which first and how much; the domain is what is proven', async (t) => {
  const apps = await Promise.all(['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((host) => startAppAt(t, host)));
  const [one, two, spare] = apps;
  const { dns, start } = await setUp(t, { to: `srv+https://${SERVICE}` });
  dns.services.set(SERVICE, [
    { target: 'one.nodes.test', port: one?.port ?? 0, priority: 10, weight: 3 },
    { target: 'two.nodes.test', port: two?.port ?? 0, priority: 10, weight: 1 },
    { target: 'spare.nodes.test', port: spare?.port ?? 0, priority: 20, weight: 100 },
  ]);
  dns.addresses.set('one.nodes.test', ['127.0.0.1']);
  dns.addresses.set('two.nodes.test', ['127.0.0.2']);
  dns.addresses.set('spare.nodes.test', ['127.0.0.3']);
  const { ask, askMany, shown } = await start();
  const bodies = await askMany(40);
  t.equal(bodies.filter((body) => body === '127.0.0.1').length, 30);
  t.equal(bodies.filter((body) => body === '127.0.0.2').length, 10);
  t.equal((await ask('/host')).body, NAME);
  t.ok(shown().includes(`https://spare.nodes.test:${spare?.port} (127.0.0.3)`));

  for (const app of [one, two]) {
    app?.server.closeAllConnections();
    await new Promise((resolve) => app?.server.close(resolve));
  }
  for (let body = ''; body !== '127.0.0.3';) ({ body } = await ask());
  for (let i = 0; i < 12; i++) await ask();
  t.strictSame(asked(await askMany(8)), ['127.0.0.3'], 'the next ones take over');
});

t.test('a name that only DNS says is not enough', async (t) => {
  const { port, requests } = await startAppAt(t, '127.0.0.1');
  const service = '_api._tcp.corp.example.com';
  const { dns, start } = await setUp(t, { to: `srv+https://${service}` });
  dns.services.set(service, [{ target: NAME, port }]);
  dns.addresses.set(NAME, ['127.0.0.1']);
  const { ask, proxy, config } = await start();
  t.match(await ask(), { status: 502, body: /upstream_tls/ });
  t.equal(requests.length, 0);
  const routes = config.routes.map((route) => ({ ...route, tls_upstream_server_name: NAME }));
  t.equal((await proxy.reload('call', { ...config, routes })).result, 'applied');
  t.equal((await ask()).status, 200, 'where the route says so it is');
});

t.test('an explanation names what DNS has not been asked about', async (t) => {
  const to = `srv+https://${SERVICE}`;
  const config = {
    ...baseConfig(pki),
    routes: [{ from: `https://${HOST}`, to }],
  };
  const words = { url: `https://${HOST}/`, certificate: certificateFile(pki.client) };
  const { answer, forwarded } = await explanationOf(config, words);
  t.match(answer, { kind: 'forwarded', upstream: [`${to} (no address known)`] });
  t.strictSame(forwarded?.headers[0], ['Host', NAME]);
});

t.test('a connection by name tries its addresses in turn', async (t) => {
  const { port } = await startAppAt(t, '127.0.0.1');
  const { dns, start } = await setUp(t, { to: `https://${NAME}:${port}` });
  dns.addresses.set(NAME, ['::1', '127.0.0.1']);
  const { askMany, shown } = await start();
  t.strictSame(asked(await askMany(4)), ['127.0.0.1']);
  t.strictSame(shown(), [`https://${NAME}:${port}`]);
  t.strictSame(asked(dns.asked), [`A ${NAME}`, `AAAA ${NAME}`]);
});
