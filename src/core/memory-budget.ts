// How much of the memory that this process may take is in use, looked at several times a second: near the end of it load
// is shed, because a process that the system ends for want of memory serves nobody.
import v8 from 'node:v8';
import { collectAll } from './collection.ts';

/** `shed`: requests are answered 503; `full`: nobody new is let in either. */
export type MemoryState = 'enough' | 'shed' | 'full';

/** What a look sees, in bytes. */
export interface MemoryUse {
  /** Of the process, free memory that it has not given back included. */
  readonly resident: number;
  /** JavaScript's objects. */
  readonly heap: number;
  /** Beyond this V8 ends the process. */
  readonly heapLimit: number;
  /** Buffers and what else lies outside of the heap for it. */
  readonly external: number;
}

/** Shares of the budget. Shedding ends below where it begins, or it would begin again at once. */
const SHED_AT = 0.9;
const ENOUGH_BELOW = 0.85;

/** What V8 does not see: the program itself, and TLS and kernel structures of each connection (more than measured). */
const PROGRAM_BYTES = 100 * 1024 ** 2;
const CONNECTION_BYTES = 64 * 1024;

const LOOK_MS = 200;
/** A collection of everything stops the process for a moment; more often it would do nothing else. */
const COLLECT_MS = 5000;

/**
 * The share of the budget that is in use. Resident memory alone does not tell: what was given back inside of the process
 * counts in it for good, and load would be shed for good, too.
 */
export function memoryShare(use: MemoryUse, connections: number, limitBytes: number): number {
  const inUse = PROGRAM_BYTES + use.heap + use.external + connections * CONNECTION_BYTES;
  return Math.max(Math.min(use.resident, inUse) / limitBytes, use.heap / use.heapLimit);
}

/** The state that follows. */
export function memoryState(before: MemoryState, share: number): MemoryState {
  if (share >= 1) return 'full';
  if (share >= SHED_AT) return 'shed';
  return before === 'enough' || share < ENOUGH_BELOW ? 'enough' : 'shed';
}

export interface MemoryBudgetParts {
  readonly connections: () => number;
  /** Told where load begins or ceases to be shed. */
  readonly onChange: (state: MemoryState, share: number) => void;
  /** Default: that of this process. */
  readonly use?: () => MemoryUse;
}

export class MemoryBudget {
  readonly #parts: MemoryBudgetParts;
  readonly #timer: NodeJS.Timeout;
  #limitBytes = Infinity;
  #collectedAt = -Infinity;
  #lastShare = 0;
  state: MemoryState = 'enough';

  constructor(parts: MemoryBudgetParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** Infinity: as much as V8 allows. */
  set limitBytes(bytes: number) {
    this.#limitBytes = bytes;
    this.look();
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Of the last look. */
  get share(): number {
    return this.#lastShare;
  }

  look(): void {
    let share = this.#share();
    if (share >= SHED_AT && performance.now() - this.#collectedAt >= COLLECT_MS) {
      // What nobody holds any more is no reason to turn anybody away.
      this.#collectedAt = performance.now();
      collectAll();
      share = this.#share();
    }
    this.#lastShare = share;
    const before = this.state;
    this.state = memoryState(before, share);
    if ((before === 'enough') !== (this.state === 'enough')) this.#parts.onChange(this.state, share);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #share(): number {
    const use = (this.#parts.use ?? memoryUse)();
    return memoryShare(use, this.#parts.connections(), this.#limitBytes);
  }
}

function memoryUse(): MemoryUse {
  const {
    used_heap_size: heap,
    heap_size_limit: heapLimit,
    external_memory: external,
  } = v8.getHeapStatistics();
  return { resident: process.memoryUsage.rss(), heap, heapLimit, external };
}
