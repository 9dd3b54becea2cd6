// Mixed traffic for a minute, or for `SOAK_SECONDS`, with faults, reloads and revocations: no answer that is another's, none that
// passes for whole and is not, and nothing that is left behind.
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import t from 'tap';
import type { ConfigInput } from '../../src/config/schema.ts';
import { silentObserver } from '../../src/core/observer.ts';
import { makeTestPki } from '../support/certificates.ts';
import { clientOptions } from '../support/client.ts';
import { baseConfig, startProxy } from '../support/proxy.ts';
import { startRawUpstream } from '../support/raw-upstream.ts';
import { startSoakApp } from '../support/soak-app.ts';
import { soakH1, soakH2, soakWebsocket, type SoakCounts } from '../support/soak-clients.ts';
import { soakTunnel } from '../support/soak-tunnel.ts';
import { until } from '../support/until.ts';

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 60);
const HOST = 'app.sallyport.localhost';
t.setTimeout((SECONDS + 120) * 1000);
v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as () => void;

/** MiB, once the garbage is gone. */
function heap(): number {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 ** 2;
}

/** Two addresses of the same app. */
const both = (url: string): string[] => [url, url.replace('localhost', '127.0.0.1')];

const openFiles = (): number => readdirSync('/proc/self/fd').length;

t.test(`${SECONDS} seconds of everything at once`, async (t) => {
  const pki = await makeTestPki();
  const victim = await pki.issueClient({ commonName: 'Victim', names: { email: ['victim@example.com'] } });
  const [h1, h2] = [await startSoakApp(t, false), await startSoakApp(t, true)];
  const echo = await startRawUpstream(t, (socket) => socket.pipe(socket));
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  t.teardown(() => process.off('unhandledRejection', onRejection));

  const from = `https://${HOST}`;
  const outlier = { outlier_detection: { consecutive_local_origin_failure: 0 } };
  const routes: ConfigInput['routes'] = [
    { from, prefix: '/ws', to: h1, allow_websockets: true, ...outlier },
    { from, prefix: '/h2', to: both(h2), allow_h2: true, timeout: '2s', ...outlier },
    { from, prefix: '/h1', to: both(h1), timeout: '2s', ...outlier },
    {
      from,
      prefix: '/packed',
      to: both(h1),
      timeout: '2s',
      compress: ['zstd', 'br', 'gzip'],
      buffer_requests: '1MiB',
      hedge_after: '100ms',
      ...outlier,
    },
    { from: `tcp+${from}:7`, to: `tcp://127.0.0.1:${echo.port}` },
  ];
  const quiet = { show_error_details: false, revocation_deadline: '1s' };
  const { proxy, port } = await startProxy(t, { routes, ...quiet }, { observer: silentObserver });
  const before = openFiles();
  const counts: SoakCounts = {
    asked: 0,
    whole: 0,
    refused: 0,
    cut: 0,
    websockets: 0,
    tunnels: 0,
    compressed: 0,
    wrong: [],
  };
  const end = performance.now() + SECONDS * 1000;
  const isOver = (): boolean => performance.now() > end || counts.wrong.length > 0;
  const usual = { options: clientOptions(pki, port), counts, isOver };
  const asVictim = {
    options: clientOptions(pki, port, { cert: victim.certPem, key: victim.keyPem }),
    isVictim: true,
    counts,
    isOver,
  };
  const clients = [
    ...Array.from({ length: 4 }, () => soakH1(usual)),
    ...Array.from({ length: 3 }, () => soakH2(t, usual)),
    soakWebsocket(usual),
    soakTunnel(`${HOST}:7`, usual),
    soakH1(asVictim),
    soakH2(t, asVictim),
  ];

  let reloads = 0;
  let early: number | undefined;
  const base = { ...baseConfig(pki), ...quiet, routes };
  while (!isOver()) {
    await delay(250);
    reloads++;
    const isLocked = reloads % 8 >= 6;
    const { result } = await proxy.reload('call', {
      ...base,
      set_response_headers: { 'x-generation': String(reloads) },
      downstream_mtls: {
        ca: pki.clientCa.certPem,
        ...(isLocked && { deny: [{ san_email: 'victim@example.com' }] }),
      },
    });
    if (result === 'refused') counts.wrong.push('a reload was refused');
    if (early === undefined && performance.now() > end - SECONDS * 667) early = heap();
  }
  await Promise.all(clients);
  t.strictSame(counts.wrong, []);
  t.strictSame(rejections, []);
  t.ok(
    counts.whole > SECONDS * 20 && counts.refused > 0 && counts.cut > 0 && counts.compressed > 0,
    JSON.stringify({ ...counts, reloads }),
  );
  await until(() => proxy.connections === 0, 15_000);
  const grown = heap() - (early ?? 0);
  t.ok(grown < 25, `${grown.toFixed(1)} MiB more than after a third of the time`);
  // Both ends of what is kept to the apps are in this process.
  const kept = (): number => proxy.live().upstreams.reduce((sum, { open }) => sum + 2 * open, 0);
  await until(() => openFiles() <= before + kept() + 4, 15_000).catch(() =>
    t.fail(`${openFiles()} files are open, ${before} before, ${kept()} are kept`),
  );
});
