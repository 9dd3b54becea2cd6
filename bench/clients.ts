// `npm run bench:clients`: what the two clients for apps cost, one Sallyport with a route for each. They take turns in
// short slices, so that both meet the same moods of the machine; the figure is the median of the ratios of neighbours.
import { prepareSallyport } from './peers/sallyport.ts';
import { costOf, KEEP_ALIVE, withRig } from './run/rig.ts';
import { median } from './run/summary.ts';

const CLIENTS = ['undici', 'raw'] as const;
const SLICES = 15;

await withRig(async (rig) => {
  const variants = CLIENTS.map(
    (client) => `    prefix: /${client}\n    prefix_rewrite: /\n    upstream_client: ${client}\n`,
  );
  const proxy = await rig.start('sallyport', (context) => prepareSallyport(context, { variants }));
  for (const [work, connections] of Object.entries(KEEP_ALIVE)) {
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
