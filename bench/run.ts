// `npm run bench`: measures Sallyport beside nginx, HAProxy, Caddy and http-proxy on this machine. What is measured is
// in run/works.ts, how in run/rounds.ts, what each proxy is told to do in peers/.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ALL_PEERS, REFERENCE } from './peers/all-peers.ts';
import type { Peer } from './peers/peer.ts';
import { writeCertificates, type BenchCertificates } from './run/certificates.ts';
import { writeResults, type BenchResults } from './run/document.ts';
import { chooseCores, describeMachine, type Cores } from './run/machine.ts';
import { benchUsage, parseBenchOptions } from './run/options.ts';
import { freePort, startServer } from './run/processes.ts';
import { progressPrinter } from './run/progress.ts';
import { race } from './run/rounds.ts';
import { summarise } from './run/summary.ts';
import { tablesOf, textTable } from './run/table.ts';
import { prepareUpstream } from './run/upstream.ts';
import { WORKS } from './run/works.ts';
import { UsageError } from './usage-error.ts';

const CHOICES = { peers: ALL_PEERS.map(({ name }) => name), works: WORKS.map(({ name }) => name) };

/** With the exit status that each stands for. `exit` ends the children and removes the files. */
const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const;

/** A load average from which on the bench is plainly not alone. */
const BUSY_LOAD = 0.7;

interface Present {
  readonly peer: Peer;
  readonly version: string;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(benchUsage(CHOICES));
    return 0;
  }
  const options = parseBenchOptions(args, CHOICES);
  const startedMs = performance.now();
  const cores = chooseCores();
  const machine = describeMachine();
  if (machine.loadAverage > BUSY_LOAD)
    console.log(
      `this machine is busy (load average ${machine.loadAverage}): the figures will be worse than it is\n`,
    );
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sallyport-bench-'));
  for (const [signal, code] of SIGNALS) process.once(signal, () => process.exit(code));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

  const chosen = ALL_PEERS.filter(({ name }) => options.peers.includes(name));
  const present = findInstalled(chosen);
  const certificates = await writeCertificates(folder);
  const upstream = await startUpstream(folder, certificates, cores);
  console.log(`proxy on core ${cores.proxy}, load and upstream on core ${cores.load}\n`);

  const works = WORKS.filter(({ name }) => options.works.includes(name));
  const printStep = progressPrinter();
  let failed = 0;
  const figures = await race({
    folder,
    cores,
    rounds: options.rounds,
    peers: present.map(({ peer }) => peer),
    works,
    reference: REFERENCE,
    certificates,
    upstream,
    onStep: (step) => {
      printStep(step);
      if (step.outcome instanceof Error || (step.outcome?.faults ?? 0) > 0) failed++;
    },
  });

  const summary = summarise(figures, REFERENCE);
  const tables = tablesOf(summary, works, REFERENCE);
  console.log(`\n${tables.map(textTable).join('\n\n')}\n`);
  const minutes = Math.round((performance.now() - startedMs) / 6000) / 10;
  const results: BenchResults = {
    measuredAt: new Date().toISOString(),
    command: `npm run bench -- --rounds ${options.rounds}`,
    rounds: options.rounds,
    minutes,
    machine,
    upstream: upstream.name,
    reference: REFERENCE,
    peers: present.map(({ peer, version }) => ({ name: peer.name, version, settings: peer.settings })),
    missing: chosen.filter((peer) => !present.some((one) => one.peer === peer)).map(({ name }) => name),
    summary,
    figures,
  };
  if (options.isWhole)
    console.log(`written: ${(await writeResults(results, tables)).join(', ')} (${minutes} minutes)`);
  else console.log(`A part of the bench (${minutes} minutes): docs/benchmarks.md stays as it is.`);
  if (failed > 0) console.error(`${failed} measurement(s) failed or had faults`);
  return failed > 0 ? 1 : 0;
}

/** Says which of the peers are there, and how to get the others. */
function findInstalled(peers: readonly Peer[]): Present[] {
  const present: Present[] = [];
  for (const peer of peers) {
    const version = peer.version();
    console.log(`${peer.name.padEnd(18)} ${version ?? `not installed: ${peer.install}`}`);
    if (version !== undefined) present.push({ peer, version });
  }
  if (present.length === 0) throw new Error('none of the chosen proxies is installed');
  return present;
}

async function startUpstream(folder: string, certificates: BenchCertificates, cores: Cores) {
  const ownFolder = path.join(folder, 'upstream');
  mkdirSync(ownFolder);
  const port = await freePort();
  const launch = prepareUpstream({ folder: ownFolder, port, certificates });
  const { pid } = await startServer(cores.load, port, launch);
  console.log(`${'upstream'.padEnd(18)} ${launch.name}`);
  return { name: launch.name, pid, port };
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${message}\n\n${benchUsage(CHOICES)}` : `${message}${cause}`);
  process.exit(isUsage ? 2 : 1);
}
