// `npm run bench:gate -- [BASE]`: whether HEAD costs more than a base, by default the commit before it. Both checkouts run
// at once and take turns in short slices under the same load; figures are medians of the ratios of neighbours. Fails where
// HEAD costs over 5 % more: processor time, allocations or system calls a request, or memory an idle connection.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { prepareSallyport } from './peers/sallyport.ts';
import { engineCost } from './run/engine-cost.ts';
import { costOf, KEEP_ALIVE, type Rig, type RigProxy, withRig } from './run/rig.ts';
import { median } from './run/summary.ts';
import { writesAndReads } from './run/system-calls.ts';

const SLICES = 15;
/** Seconds under load; in one there are too few answers of 10 MiB to tell 5 %. */
const SLICE_SECONDS: Readonly<Record<string, number>> = { '10m': 3 };
/** What a process has grown to depends on when it last collected: each sample is of a fresh one. */
const IDLE_SAMPLES = 5;
const TOLERANCE = 1.05;
const ROOT = path.resolve(import.meta.dirname, '..');

interface Comparison {
  readonly what: string;
  readonly base: number;
  readonly head: number;
  readonly ratio: number;
}

/** A ratio that is none counts as one. */
const isLoss = ({ ratio }: Comparison): boolean => !(ratio <= TOLERANCE);

const compared = (what: string, base: readonly number[], head: readonly number[]): Comparison => ({
  what,
  base: median(base),
  head: median(head),
  ratio: median(head.map((one, slice) => one / (base[slice] ?? Number.NaN))),
});

/** A checkout of the commit, with the packages of this one. */
function checkOut(commit: string, folder: string): string {
  const base = path.join(folder, 'base');
  execFileSync('git', ['worktree', 'add', '--detach', '--force', base, commit], {
    cwd: ROOT,
    stdio: 'ignore',
  });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(base, 'node_modules'));
  return base;
}

async function underLoad(rig: Rig, base: RigProxy, head: RigProxy): Promise<Comparison[]> {
  const found: Comparison[] = [];
  for (const [work, connections] of Object.entries(KEEP_ALIVE)) {
    const target = `/${work}`;
    const slice = { duration: SLICE_SECONDS[work] ?? 1, 'warm-up': 0.3, connections };
    const costs: [number[], number[]] = [[], []];
    for (const proxy of [base, head]) await rig.load(proxy, target, slice);
    for (let i = 0; i < SLICES; i++) {
      costs[0].push(costOf(await rig.load(base, target, slice)));
      costs[1].push(costOf(await rig.load(head, target, slice)));
    }
    found.push(compared(`${work}, CPU us`, ...costs));
  }
  const calls = [await writesAndReads(rig, base), await writesAndReads(rig, head)] as const;
  if (calls[0] !== undefined && calls[1] !== undefined)
    found.push(compared('1k, writes and reads', [calls[0]], [calls[1]]));
  else console.log('strace is not installed: system calls are not compared');
  return found;
}

type Start = (name: string, root: string) => Promise<RigProxy>;

async function idleMemory(rig: Rig, start: Start, base: string): Promise<Comparison> {
  const samples: [number[], number[]] = [[], []];
  for (let i = 0; i < IDLE_SAMPLES; i++)
    for (const [index, root] of [base, ROOT].entries())
      samples[index]?.push(await memoryOf(rig, await start(`idle-${index}-${i}`, root)));
  return compared('idle connection, KiB', ...samples);
}

/** KiB a connection; the proxy ends with it. */
async function memoryOf(rig: Rig, proxy: RigProxy): Promise<number> {
  const { watched } = await rig.load(proxy, '/1k', {
    mode: 'idle',
    connections: 2000,
    duration: 1,
    'warm-up': 0,
  });
  await proxy.stop();
  return watched['proxy']?.rssKibPerConnection ?? Number.NaN;
}

function allocationsOf(root: string): number | undefined {
  try {
    return engineCost(root).allocatedBytes;
  } catch {
    return undefined;
  }
}

async function main(): Promise<boolean> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sallyport-gate-'));
  const base = checkOut(process.argv[2] ?? 'HEAD~1', folder);
  const found: Comparison[] = [];
  try {
    const allocated = allocationsOf(base);
    if (allocated === undefined) console.log('the base has no bench/engine.ts: allocations are not compared');
    else found.push(compared('allocated bytes', [allocated], [engineCost(ROOT).allocatedBytes]));
    await withRig(async (rig) => {
      const start: Start = async (name, root) =>
        await rig.start(name, (context) => prepareSallyport(context, { root }));
      found.push(await idleMemory(rig, start, base));
      found.push(...(await underLoad(rig, await start('base', base), await start('head', ROOT))));
    });
  } finally {
    execFileSync('git', ['worktree', 'remove', '--force', base], { cwd: ROOT });
    rmSync(folder, { recursive: true, force: true });
  }
  for (const one of found) {
    const { what, base: before, head, ratio } = one;
    const figures = `${before.toFixed(1)} -> ${head.toFixed(1)}, ratio ${ratio.toFixed(3)}`;
    console.log(`${isLoss(one) ? 'LOSS ' : 'ok   '} ${what}: ${figures}`);
  }
  return !found.some(isLoss);
}

process.exitCode = (await main()) ? 0 : 1;
