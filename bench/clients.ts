// `npm run bench:clients`: what the two clients for apps cost, one Sallyport with a route for each. They take turns in
// short slices, so that both meet the same moods of the machine; the figure is the median of the ratios of neighbours.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { generate } from './load/generate.ts';
import { parsePlan } from './load/plan.ts';
import { EDGE_NAME, writeCertificates } from './run/certificates.ts';
import { freePort, startServer } from './run/processes.ts';
import { prepareUpstream } from './run/upstream.ts';
import { sallyportConfig, sallyportLaunch } from './peers/sallyport.ts';

const CLIENTS = ['undici', 'raw'] as const;
const SLICES = 15;
const WORKS = { '1k': 64, '16k': 64, '10m': 8 } as const;
const PROXY_CORE = 1;
const OTHER_CORE = 0;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function main(): Promise<void> {
  const { signal } = new AbortController();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sallyport-clients-'));
  try {
    const certificates = await writeCertificates(folder);
    const [port, upstreamPort] = [await freePort(), await freePort()];
    const upstream = await startServer(
      OTHER_CORE,
      upstreamPort,
      prepareUpstream({ folder, port: upstreamPort, certificates }),
    );
    const context = { folder, port, upstreamPort, certificates };
    const file = path.join(folder, 'routes.yaml');
    const routes = CLIENTS.map(
      (client) => `    prefix: /${client}\n    prefix_rewrite: /\n    upstream_client: ${client}\n`,
    );
    writeFileSync(file, sallyportConfig(context, routes));
    const proxy = await startServer(PROXY_CORE, port, sallyportLaunch(file));
    execFileSync('taskset', ['-pc', String(OTHER_CORE), String(process.pid)]);
    for (const [work, connections] of Object.entries(WORKS)) {
      const costs: Record<(typeof CLIENTS)[number], number[]> = { undici: [], raw: [] };
      for (let slice = 0; slice < SLICES; slice++)
        for (const client of CLIENTS) {
          const { certFile, keyFile } = certificates.client;
          const plan = parsePlan([
            `https://127.0.0.1:${port}/${client}/${work}`,
            '--sni',
            EDGE_NAME,
            '--host',
            EDGE_NAME,
            '--ca',
            certificates.serverCaFile,
            '--cert',
            certFile,
            '--key',
            keyFile,
            '--connections',
            String(connections),
            '--duration',
            '1',
            '--warm-up',
            '0.3',
            '--groups',
            'X25519',
          ]);
          const result = await generate(
            { ...plan, watched: [{ name: 'proxy', pid: proxy.pid }] },
            { signal },
          );
          if (Object.keys(result.statuses).join() !== '200') throw new Error(JSON.stringify(result));
          costs[client].push(result.watched['proxy']?.cpuUsPerAnswer ?? Number.NaN);
        }
      const ratio = median(costs.raw.map((cost, slice) => cost / (costs.undici[slice] ?? Number.NaN)));
      const each = CLIENTS.map((client) => `${client} ${median(costs[client]).toFixed(1)} us`).join(', ');
      console.log(`${work}: ${each}, raw to undici ${ratio.toFixed(2)}`);
    }
    await proxy.stop();
    await upstream.stop();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main();
