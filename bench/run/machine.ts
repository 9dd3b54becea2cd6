// The machine under the figures, and what it must have.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly openssl: string;
  /** Of the minute before the bench: above a few tenths, something else was running too. */
  readonly loadAverage: number;
}

export interface Cores {
  /** For the load generator and the upstream. */
  readonly load: number;
  readonly proxy: number;
}

export const describeMachine = (): Machine => ({
  processor: os.cpus()[0]?.model.trim() ?? 'unknown',
  processors: os.cpus().length,
  memoryGib: Math.round(os.totalmem() / 1024 ** 3),
  kernel: `${os.type()} ${os.release()}`,
  node: process.versions.node,
  openssl: process.versions.openssl,
  loadAverage: Math.round((os.loadavg()[0] ?? 0) * 100) / 100,
});

/** `0-3,8` as numbers. */
export function parseCpuList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** The first two cores that this process may use. Throws, saying what is missing, where it cannot pin or has one. */
export function chooseCores(): Cores {
  if (process.platform !== 'linux')
    throw new Error('the bench needs Linux: it reads /proc and pins by taskset');
  if (spawnSync('taskset', ['--version']).error !== undefined)
    throw new Error('the bench pins processes by taskset: apt-get install util-linux');
  const status = readFileSync('/proc/self/status', 'utf8');
  const [load, proxy] = parseCpuList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0');
  if (load === undefined || proxy === undefined)
    throw new Error('the bench needs two cores: one for the proxy, one for load and upstream');
  return { load, proxy };
}
