// `npm run bench:workers`: one worker against two on the first two cores, one of which the load generator and the app are on
// as well. Where these fill it, two workers have nothing to gain: what is measured then is what they cost.
import { prepareSallyport } from './peers/sallyport.ts';
import { chooseCores } from './run/machine.ts';
import { costOf, type Rig, type RigProxy, withRig } from './run/rig.ts';
import { median } from './run/summary.ts';

const SLICES = 7;
const MODES = ['full', 'resume', 'keepalive'] as const;
/** Before this process is pinned to one of them. */
const cores = chooseCores();

async function start(rig: Rig, workers: number): Promise<RigProxy> {
  return await rig.start(`workers-${workers}`, (context) => {
    const { command, args, ...launch } = prepareSallyport(context, { settings: `workers: ${workers}` });
    return { ...launch, command: 'taskset', args: ['-c', `${cores.load},${cores.proxy}`, command, ...args] };
  });
}

await withRig(async (rig) => {
  const proxies = [await start(rig, 1), await start(rig, 2)];
  for (const mode of MODES) {
    const rates: number[][] = proxies.map(() => []);
    const costs: number[][] = proxies.map(() => []);
    for (let slice = 0; slice < SLICES; slice++)
      for (const [index, proxy] of proxies.entries()) {
        const result = await rig.load(proxy, '/1k', { mode, duration: 1.5, 'warm-up': 0.5 });
        rates[index]?.push(result.requestsPerSecond);
        costs[index]?.push(costOf(result));
      }
    const [one = [], two = []] = rates;
    const each = proxies.map(
      (_, index) =>
        `${Math.round(median(rates[index] ?? []))}/s at ${median(costs[index] ?? []).toFixed(0)} us of processor time`,
    );
    const ratio = median(two.map((rate, slice) => rate / (one[slice] ?? Number.NaN)));
    console.log(`${mode}: one worker ${each[0]}, two ${each[1]}; requests ${ratio.toFixed(2)} times as many`);
  }
});
