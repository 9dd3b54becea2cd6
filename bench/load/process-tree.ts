// CPU time and memory of a process and its descendants, from Linux's /proc.
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: fixed at 100 in every Linux ABI that Node runs on. */
const MS_PER_TICK = 10;
const PAGE_KIB = 4;

export interface ProcessSample {
  /** User and system time since the start, milliseconds in steps of ten. */
  readonly cpuMs: number;
  readonly rssKib: number;
}

interface ProcessStat {
  readonly parentPid: number;
  readonly ticks: number;
  readonly rssPages: number;
}

/** Fields of /proc/PID/stat; the command's name may hold spaces and parentheses (proc_pid_stat(5)). */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  // utime + stime, and those of children that have ended and been waited for.
  return { parentPid: field(4), ticks: field(14) + field(15) + field(16) + field(17), rssPages: field(24) };
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined; // It has ended, or this is no Linux.
  }
}

/** The process and all its descendants at this moment. */
export function readTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const child = /^\d+$/.test(name) ? Number(name) : 0;
    const parent = child === 0 ? undefined : readStat(child)?.parentPid;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const tree = [pid];
  for (const member of tree) tree.push(...(children.get(member) ?? []));
  return tree;
}

/** Sums over the given processes; those that have ended count as nothing. */
export function sampleProcesses(pids: readonly number[]): ProcessSample {
  let ticks = 0;
  let rssPages = 0;
  for (const pid of pids) {
    const stat = readStat(pid);
    ticks += stat?.ticks ?? 0;
    rssPages += stat?.rssPages ?? 0;
  }
  return { cpuMs: ticks * MS_PER_TICK, rssKib: rssPages * PAGE_KIB };
}
