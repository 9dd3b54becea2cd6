// System calls a request, counted by strace, which slows a process down so much that nothing else can be measured then.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readTree } from '../load/process-tree.ts';
import type { Rig, RigProxy } from './rig.ts';

const ATTACH_MS = 500;

/** `read 2.05, write 2.02, …` a request, the ten most frequent; undefined without strace. */
export async function systemCalls(
  rig: Rig,
  proxy: RigProxy,
  target: string,
  connections: number,
): Promise<string | undefined> {
  const counts = await countCalls(rig, proxy, target, connections);
  if (counts === undefined) return undefined;
  const most = [...counts].sort(([, one], [, other]) => other - one).slice(0, 10);
  return most.map(([name, count]) => `${name} ${count.toFixed(2)}`).join(', ');
}

/** Calls a request by name. */
async function countCalls(
  rig: Rig,
  proxy: RigProxy,
  target: string,
  connections: number,
): Promise<ReadonlyMap<string, number> | undefined> {
  const file = path.join(proxy.folder, 'strace.txt');
  const processes = readTree(proxy.pid).flatMap((pid) => ['-p', String(pid)]);
  const strace = spawn('strace', ['-f', '-c', '-o', file, ...processes], { stdio: 'ignore' });
  const isThere = await Promise.race([once(strace, 'error').then(() => false), delay(ATTACH_MS, true)]);
  if (!isThere) return undefined;
  const { answers } = await rig.load(proxy, target, { duration: 2, 'warm-up': 0, connections });
  strace.kill('SIGINT');
  await once(strace, 'exit');
  // % time, seconds, usecs/call, calls, [errors,] name
  const rows = readFileSync(file, 'utf8').matchAll(
    /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+([a-z]\w*)$/gm,
  );
  const counts = new Map(Array.from(rows, ([, calls, name = '']) => [name, Number(calls) / answers]));
  counts.delete('total');
  return counts;
}

/** Few, so that their handshakes do not weigh: under strace there are not many answers. */
const CONNECTIONS = 8;

/** A request with a 1 KiB answer; undefined without strace. */
export async function writesAndReads(rig: Rig, proxy: RigProxy): Promise<number | undefined> {
  const counts = await countCalls(rig, proxy, '/1k', CONNECTIONS);
  if (counts === undefined) return undefined;
  return ['write', 'writev', 'read', 'readv'].reduce((sum, name) => sum + (counts.get(name) ?? 0), 0);
}
