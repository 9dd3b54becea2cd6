// One measurement: the load generator as a child on the load's core, and what its figures say.
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import path from 'node:path';
import type { LoadResult } from '../load/load-result.ts';
import { EDGE_NAME, type BenchCertificates } from './certificates.ts';
import { spawnPinned } from './processes.ts';
import type { Work } from './works.ts';

/** Which core was full: then more load would not have changed the figures, or could not have come. */
export type Bottleneck = 'proxy' | 'load' | 'both' | 'neither';

/** What one peer did at one work in one round. */
export interface Figures {
  readonly work: string;
  readonly peer: string;
  readonly round: number;
  readonly answers: number;
  readonly cpuUsPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly rssKib: number;
  /** Only of idle connections. */
  readonly rssKibPerConnection?: number;
  /** Requests a second that were due, where that was fixed. */
  readonly offeredPerSecond?: number;
  /** Share of one core, 0 to 1. */
  readonly proxyBusy: number;
  /** Share of the other core: load generator and upstream. */
  readonly loadBusy: number;
  readonly bottleneck: Bottleneck;
  /** How many requests failed or were answered with another status than 2xx. */
  readonly faults: number;
}

export interface MeasureOptions {
  readonly core: number;
  readonly port: number;
  readonly proxyPid: number;
  readonly upstreamPid: number;
  readonly certificates: BenchCertificates;
  /** Requests a second, for a work that fixes them. */
  readonly rate?: number;
}

/** A core that is busy for this share has no room left: the rest is waiting for the other side. */
const FULL = 0.93;
/** The first handshake of each client cannot be, and falls into the warm-up. */
const MIN_RESUMED = 0.95;
const LOAD = path.resolve(import.meta.dirname, '../load.ts');

/** Throws when the generator could not begin, got no answer at all, or handshakes of the wrong kind. */
export async function measure(
  work: Work,
  peer: string,
  round: number,
  options: MeasureOptions,
): Promise<Figures> {
  const { certificates: pki, rate } = options;
  const named = {
    cert: pki.client.certFile,
    key: pki.client.keyFile,
    ca: pki.serverCaFile,
    mode: work.mode,
    connections: work.connections,
    groups: work.group,
    'warm-up': work.warmUpSeconds,
    duration: work.seconds,
    'body-size': work.bodyBytes ?? 0,
    ...(rate !== undefined && { rate: Math.round(rate) }),
  };
  const args = [
    LOAD,
    `https://${EDGE_NAME}:${options.port}${work.path}`,
    ...Object.entries(named).flatMap(([name, value]) => [`--${name}`, String(value)]),
    '--watch',
    `proxy=${options.proxyPid}`,
    '--watch',
    `upstream=${options.upstreamPid}`,
    '--json',
  ];
  const child = spawnPinned(options.core, { command: process.execPath, args }, ['ignore', 'pipe', 'pipe']);
  const [stdout, stderr] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    once(child, 'close'),
  ]);
  if (stdout === '') throw new Error(`the load generator failed: ${stderr.trim()}`);
  const result = JSON.parse(stdout) as LoadResult;
  if (result.answers === 0) throw new Error(`no answer: ${JSON.stringify(result.errors)}`);
  const resumed = result.resumedHandshakes / result.handshakes;
  if (work.mode === 'resume' && resumed < MIN_RESUMED)
    throw new Error(`only ${Math.round(resumed * 100)} % of the handshakes were resumed`);
  const offered = rate !== undefined && { offeredPerSecond: rate };
  return { work: work.name, peer, round, ...figuresOf(result), ...offered };
}

function figuresOf(result: LoadResult): Omit<Figures, 'work' | 'peer' | 'round'> {
  const { proxy, upstream } = result.watched;
  const proxyBusy = (proxy?.cpuMs ?? 0) / result.elapsedMs;
  const loadBusy = (result.ownCpuMs + (upstream?.cpuMs ?? 0)) / result.elapsedMs;
  const growth = proxy?.rssKibPerConnection;
  return {
    answers: result.answers,
    cpuUsPerRequest: proxy?.cpuUsPerAnswer ?? 0,
    requestsPerSecond: result.requestsPerSecond,
    p50Us: result.latencyUs.p50,
    p99Us: result.latencyUs.p99,
    rssKib: proxy?.rssKib ?? 0,
    ...(growth !== undefined && { rssKibPerConnection: growth }),
    proxyBusy,
    loadBusy,
    bottleneck: bottleneckOf(proxyBusy, loadBusy),
    faults: faultsOf(result),
  };
}

export function bottleneckOf(proxyBusy: number, loadBusy: number): Bottleneck {
  if (proxyBusy >= FULL) return loadBusy >= FULL ? 'both' : 'proxy';
  return loadBusy >= FULL ? 'load' : 'neither';
}

function faultsOf({ errors, statuses }: LoadResult): number {
  let faults = 0;
  for (const count of Object.values(errors)) faults += count;
  for (const [status, count] of Object.entries(statuses)) if (!status.startsWith('2')) faults += count;
  return faults;
}
