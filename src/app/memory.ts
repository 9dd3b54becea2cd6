// How much memory a process of ours may take, and what is said when that is nearly gone.
import { availableParallelism, totalmem } from 'node:os';
import type { Build } from './build.ts';
import type { MemoryState } from '../core/memory-budget.ts';
import type { Observer } from '../core/observer.ts';

/** The rest is for the system, and for what it keeps of our connections. */
const SHARE_OF_MACHINE = 0.75;

/** Bytes, of one of the processes that serve; Infinity: as much as V8 allows. */
export function memoryLimitOf({ max_memory: limit, workers }: Build['settings']): number {
  if (limit === 0) return Infinity;
  if (limit !== undefined) return limit;
  // Of the container, where there is one that limits it.
  const there = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  return (there * SHARE_OF_MACHINE) / (workers === 'auto' ? availableParallelism() : workers);
}

export function reportMemory(
  { state, share }: { readonly state: MemoryState; readonly share: number },
  observer: Observer,
  time: number,
): void {
  const used = `${Math.round(share * 100)} % of the memory that may be used (max_memory) is`;
  const detail =
    state === 'enough' ? `${used} in use: everybody is served again` : `${used} in use: load is shed`;
  observer.warning({ time, code: 'memory', detail });
}
