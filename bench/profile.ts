// `npm run bench:profile`: where the processor time of a request goes. Sallyport runs under V8's profiler while it is under
// load; prints each room's and each function's share, and writes a .cpuprofile that Chrome's developer tools and
// speedscope show as a flame graph. System calls a request are counted beside nginx's where strace is installed.
// `--work 16k` and `10m` for larger answers; `--mode full` and `resume` for a handshake with each request.
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { nginx } from './peers/nginx.ts';
import { prepareSallyport } from './peers/sallyport.ts';
import { type CpuProfile, type Share, sharesOf } from './run/cpu-profile.ts';
import { costOf, KEEP_ALIVE, type RigProxy, withRig } from './run/rig.ts';
import { systemCalls } from './run/system-calls.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const SHOWN = 25;
const PROFILE_DEADLINE_MS = 10_000;

type Work = keyof typeof KEEP_ALIVE;

/** Ends the proxy, which writes its profile then. */
async function profileOf(proxy: RigProxy): Promise<string> {
  process.kill(proxy.pid, 'SIGTERM');
  const deadline = performance.now() + PROFILE_DEADLINE_MS;
  for (;;) {
    const name = readdirSync(proxy.folder).find((one) => one.endsWith('.cpuprofile'));
    if (name !== undefined) return path.join(proxy.folder, name);
    if (performance.now() > deadline) throw new Error('no profile was written');
    await delay(50);
  }
}

function show(title: string, shares: readonly Share[]): void {
  console.log(`\n${title}`);
  for (const { name, share, us } of shares.slice(0, SHOWN))
    console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${us.toFixed(2).padStart(7)} us  ${name}`);
}

const { values } = parseArgs({
  options: {
    work: { type: 'string', default: '1k' },
    mode: { type: 'string', default: 'keepalive' },
    out: { type: 'string', default: 'sallyport.cpuprofile' },
  },
});
if (!(values.work in KEEP_ALIVE)) throw new Error(`--work is one of ${Object.keys(KEEP_ALIVE).join(', ')}`);
const work = values.work as Work;
await withRig(async (rig) => {
  const load = { connections: KEEP_ALIVE[work], duration: 3, 'warm-up': 2, mode: values.mode };
  if (nginx.version() !== undefined) {
    const peer = await rig.start('nginx', (context) => nginx.prepare(context));
    const plain = await rig.start('plain', (context) => prepareSallyport(context));
    for (const [name, proxy] of Object.entries({ nginx: peer, sallyport: plain })) {
      const cost = costOf(await rig.load(proxy, `/${work}`, load));
      const calls =
        values.mode === 'keepalive' && (await systemCalls(rig, proxy, `/${work}`, load.connections));
      console.log(
        `${name}: ${cost.toFixed(1)} us a request${calls === false ? '' : `; ${calls ?? 'system calls: strace is not installed'}`}`,
      );
    }
  }
  const proxy = await rig.start('profiled', (context) => {
    const flags = ['--cpu-prof', '--cpu-prof-interval=250', `--cpu-prof-dir=${context.folder}`];
    return prepareSallyport(context, { flags });
  });
  await rig.load(proxy, `/${work}`, load);
  // The profile counts in microseconds of the same clock.
  const from = Number(process.hrtime.bigint() / 1000n);
  const { answers } = await rig.load(proxy, `/${work}`, { ...load, 'warm-up': 0 });
  const to = Number(process.hrtime.bigint() / 1000n);
  const file = await profileOf(proxy);
  copyFileSync(file, values.out);
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const { rooms, functions } = sharesOf(profile, { root: ROOT, from, to, answers });
  console.log(
    `\n${answers} requests under the profiler, which costs something itself; shares of the busy time`,
  );
  const ours = rooms.filter(({ name }) => name.startsWith('src/')).reduce((sum, { us }) => sum + us, 0);
  console.log(`JavaScript of ours: ${ours.toFixed(1)} us a request`);
  show('By room (itself, without what it calls)', rooms);
  show('By function (itself)', functions);
  console.log(`\n${values.out}: open it in Chrome's developer tools (Performance) or speedscope.`);
});
