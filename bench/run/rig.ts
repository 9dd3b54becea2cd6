// A folder, certificates, the app, and proxies to be started and put under load in short slices: what the benches share
// that look into one proxy or compare two. This process is the load generator.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { generate } from '../load/generate.ts';
import type { LoadResult } from '../load/load-result.ts';
import { parsePlan } from '../load/plan.ts';
import type { Launch, PeerContext } from '../peers/peer.ts';
import { EDGE_NAME, writeCertificates } from './certificates.ts';
import { chooseCores } from './machine.ts';
import { freePort, startServer, type Running } from './processes.ts';
import { prepareUpstream } from './upstream.ts';

export interface RigProxy extends Running {
  readonly port: number;
  /** What it writes is kept here. */
  readonly folder: string;
}

/** As on the command line of `npm run bench:load`, without the dashes. */
export type LoadOptions = Readonly<Record<string, string | number>>;

export interface Rig {
  /** On the core of the proxies. `prepare` writes the configuration. */
  start(name: string, prepare: (context: PeerContext) => Launch): Promise<RigProxy>;
  /** Throws where an answer is not a 200 or something fails. */
  load(proxy: RigProxy, target: string, options: LoadOptions): Promise<LoadResult>;
}

/** CPU time of the proxy for each answer, microseconds. */
export const costOf = ({ watched }: LoadResult): number => watched['proxy']?.cpuUsPerAnswer ?? Number.NaN;

/** Connections for each size of answer. */
export const KEEP_ALIVE = { '1k': 64, '16k': 64, '10m': 8 } as const;

/** Ends all that it started and removes its folder before it returns. */
export async function withRig(use: (rig: Rig) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sallyport-bench-'));
  const running: Running[] = [];
  const cores = chooseCores();
  try {
    const certificates = await writeCertificates(folder);
    const upstreamPort = await freePort();
    const upstreamFolder = path.join(folder, 'upstream');
    mkdirSync(upstreamFolder);
    const launch = prepareUpstream({ folder: upstreamFolder, port: upstreamPort, certificates });
    running.push(await startServer(cores.load, upstreamPort, launch));
    execFileSync('taskset', ['-pc', String(cores.load), String(process.pid)]);
    await use({
      start: async (name, prepare) => {
        const own = path.join(folder, name);
        mkdirSync(own);
        const port = await freePort();
        const proxy = await startServer(
          cores.proxy,
          port,
          prepare({ folder: own, port, upstreamPort, certificates }),
        );
        running.push(proxy);
        return { ...proxy, port, folder: own };
      },
      load: async ({ port, pid }, target, options) => {
        const { certFile, keyFile } = certificates.client;
        const all: LoadOptions = {
          cert: certFile,
          key: keyFile,
          ca: certificates.serverCaFile,
          sni: EDGE_NAME,
          host: EDGE_NAME,
          groups: 'X25519',
          watch: `proxy=${pid}`,
          ...options,
        };
        const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
        const plan = parsePlan([`https://127.0.0.1:${port}${target}`, ...args]);
        const { signal } = new AbortController();
        const result = await generate(plan, { signal });
        if (Object.keys(result.statuses).join() !== '200' || Object.keys(result.errors).length > 0)
          throw new Error(`${target}: ${JSON.stringify({ ...result.statuses, ...result.errors })}`);
        return result;
      },
    });
  } finally {
    for (const one of running.toReversed()) await one.stop();
    rmSync(folder, { recursive: true });
  }
}
