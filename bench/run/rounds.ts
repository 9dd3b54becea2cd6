// The race: in each round every proxy is started afresh, then each work is done by one proxy after the other, so that
// what is compared was measured within seconds. Peers that wait their turn are up but idle.
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Peer, PeerLaunch } from '../peers/peer.ts';
import type { BenchCertificates } from './certificates.ts';
import type { Cores } from './machine.ts';
import { measure, type Figures } from './measure.ts';
import { probe } from './probe.ts';
import { freePort, startServer, type Running } from './processes.ts';
import type { Work } from './works.ts';

export interface Race {
  readonly folder: string;
  readonly cores: Cores;
  readonly rounds: number;
  readonly peers: readonly Peer[];
  readonly works: readonly Work[];
  /** The peer whose figures say what others are offered. */
  readonly reference: string;
  readonly certificates: BenchCertificates;
  readonly upstream: { readonly pid: number; readonly port: number };
  readonly onStep: (step: Step) => void;
}

/** Told before a measurement, then again with its figures or with the reason why there are none. */
export interface Step {
  readonly number: number;
  readonly of: number;
  readonly round: number;
  readonly work: Work;
  readonly peer: Peer;
  readonly outcome?: Figures | Error;
}

interface Runner {
  readonly peer: Peer;
  readonly port: number;
  readonly launch: PeerLaunch;
  readonly running: Running;
}

/** Longer than any peer here keeps log lines to itself. */
const LOG_FLUSH_MS = 1500;

/** Every figure that could be had. Throws when a peer does not start or does not do the whole job. */
export async function race(settings: Race): Promise<Figures[]> {
  const turns = settings.works.flatMap((work) =>
    settings.peers.filter((peer) => mayDo(peer, work)).map((peer) => ({ work, peer })),
  );
  const all: Figures[] = [];
  for (let round = 1; round <= settings.rounds; round++) {
    const runners = await startAll(settings, round);
    for (const [i, { work, peer }] of turns.entries()) {
      const runner = runners.get(peer.name);
      if (runner === undefined) continue;
      const number = (round - 1) * turns.length + i + 1;
      const step = { number, of: settings.rounds * turns.length, round, work, peer };
      settings.onStep(step);
      const outcome = await measureOrError(settings, step, runner, all);
      settings.onStep({ ...step, outcome });
      if (!(outcome instanceof Error)) all.push(outcome);
    }
    await delay(LOG_FLUSH_MS);
    for (const runner of runners.values()) await finish(runner);
  }
  return all;
}

export const mayDo = (peer: Peer, work: Work): boolean => work.group === 'X25519' || peer.isHybridCapable;

async function startAll(settings: Race, round: number): Promise<Map<string, Runner>> {
  const runners = new Map<string, Runner>();
  for (const peer of settings.peers) {
    const folder = path.join(settings.folder, `${peer.name}-${round}`);
    mkdirSync(folder);
    const port = await freePort();
    const { certificates, upstream } = settings;
    const launch = peer.prepare({ folder, port, upstreamPort: upstream.port, certificates });
    const running = await startServer(settings.cores.proxy, port, launch);
    runners.set(peer.name, { peer, port, launch, running });
    try {
      await probe(port, certificates);
    } catch (error) {
      throw new Error(`${peer.name} is not fit for the race`, { cause: error });
    }
  }
  return runners;
}

async function measureOrError(
  settings: Race,
  step: Step,
  runner: Runner,
  sofar: readonly Figures[],
): Promise<Figures | Error> {
  try {
    const rate = rateOf(settings, step, sofar);
    return await measure(step.work, step.peer.name, step.round, {
      core: settings.cores.load,
      port: runner.port,
      proxyPid: runner.running.pid,
      upstreamPid: settings.upstream.pid,
      certificates: settings.certificates,
      ...(rate !== undefined && { rate }),
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Throws where it depends on a measurement that is not there. */
function rateOf({ reference }: Race, { work, round }: Step, sofar: readonly Figures[]): number | undefined {
  if (work.rate === undefined) return undefined;
  const { of, share } = work.rate;
  const base = sofar.find((one) => one.peer === reference && one.work === of && one.round === round);
  if (base === undefined) throw new Error(`needs ${of} of ${reference} in the same round`);
  return base.requestsPerSecond * share;
}

async function finish({ peer, launch, running }: Runner): Promise<void> {
  await running.stop();
  const logged = statSync(launch.accessLog, { throwIfNoEntry: false })?.size ?? 0;
  if (logged === 0) throw new Error(`${peer.name} wrote no access log`);
}
