// `npm run bench:clients`: what the two clients for apps cost, one Sallyport with a route for each. They take turns in
// short slices, so that both meet the same moods of the machine; the figure is the median of the ratios of neighbours.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { sallyportConfig, sallyportLaunch } from './peers/sallyport.ts';
import { costOf, median, withRig } from './run/rig.ts';

const CLIENTS = ['undici', 'raw'] as const;
const SLICES = 15;
const WORKS = { '1k': 64, '16k': 64, '10m': 8 } as const;

await withRig(async (rig) => {
  const proxy = await rig.start('sallyport', (context) => {
    const file = path.join(context.folder, 'routes.yaml');
    const routes = CLIENTS.map(
      (client) => `    prefix: /${client}\n    prefix_rewrite: /\n    upstream_client: ${client}\n`,
    );
    writeFileSync(file, sallyportConfig(context, routes));
    return sallyportLaunch(file);
  });
  for (const [work, connections] of Object.entries(WORKS)) {
    const costs: Record<(typeof CLIENTS)[number], number[]> = { undici: [], raw: [] };
    for (let slice = 0; slice < SLICES; slice++)
      for (const client of CLIENTS) {
        const options = { connections, duration: 1, 'warm-up': 0.3 };
        costs[client].push(costOf(await rig.load(proxy, `/${client}/${work}`, options)));
      }
    const ratio = median(costs.raw.map((cost, slice) => cost / (costs.undici[slice] ?? Number.NaN)));
    const each = CLIENTS.map((client) => `${client} ${median(costs[client]).toFixed(1)} us`).join(', ');
    console.log(`${work}: ${each}, raw to undici ${ratio.toFixed(2)}`);
  }
});
