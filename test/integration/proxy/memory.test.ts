// Near the end of its memory the proxy turns load away, and serves everybody again afterwards.
import { connect } from 'node:net';
import t from 'tap';
import { startApp } from '../../support/app.ts';
import { call, clientOptions, openClient } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';
import { closed } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 ** 2;
const LIMIT = 600 * MIB;

t.test(
  '503 with Retry-After while memory is short, then no more connections, then all is well',
  async (t) => {
    const app = await startApp(t);
    const config = { routes: [{ from: 'https://app.sallyport.localhost', to: app.url }], max_memory: LIMIT };
    const { proxy, port, pki, heard, config: whole } = await startProxy(t, config);
    const ask = async () => await call(clientOptions(pki, port));
    t.equal((await ask()).status, 200);
    const share = (): number => proxy.live().memoryShare;
    await until(() => share() > 0);

    let hoard: Buffer[] = [];
    await until(() => {
      if (share() >= 0.92) return true;
      hoard.push(Buffer.alloc(MIB, 1));
      return false;
    });
    const refused = await ask();
    t.match(refused, { status: 503, headers: { 'retry-after': '2' }, body: /Too much is going on/ });
    t.match(heard.exchanges.at(-1), { error: 'overloaded', status: 503 });
    t.equal(app.requests.length, 1, 'the app is spared');
    t.match(heard.warnings, [{ code: 'memory', detail: /load is shed/ }]);

    const inside = await openClient(t, clientOptions(pki, port));
    const { result } = await proxy.reload('call', { ...whole, max_memory: LIMIT / 2 });
    t.equal(result, 'applied');
    const outside = connect({ host: '127.0.0.1', port });
    outside.on('error', () => {});
    t.equal(await closed(outside), '', 'nobody is let in');
    t.match(heard.refused, [{ cap: 'memory', limit: LIMIT / 2 }]);
    inside.write('GET / HTTP/1.1\r\nHost: app.sallyport.localhost\r\nConnection: close\r\n\r\n');
    t.match(await closed(inside), /^HTTP\/1.1 503 /, 'who is in is told');

    hoard = [];
    await proxy.reload('call', whole);
    await until(() => share() < 0.85);
    t.equal((await ask()).status, 200);
    t.match(heard.warnings.at(-1), { code: 'memory', detail: /everybody is served again/ });
  },
);
