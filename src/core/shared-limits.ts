// Limits that several processes count as one: what one lets through the others hear of a moment later, many at once. Within
// that moment each of them may let through what another one has, too.
import { randomUUID } from 'node:crypto';
import type { RateLimit } from './rate-limit.ts';

/** So many of a key, against the limit of that name. Plain data, to be sent to other processes. */
export type Take = readonly [scope: string, name: string, key: string, count: number];

const DELAY_MS = 50;
/** So many keys are not kept waiting. */
const MAX_KEYS = 1000;

interface Shared {
  readonly limit: RateLimit;
  /** Not yet told. */
  readonly counts: Map<string, number>;
}

export class SharedLimits {
  /** Whose takes these are, for those who hear of them on several ways. */
  readonly instance: string;
  readonly #others = new Set<(takes: readonly Take[]) => void>();
  readonly #scopes = new Map<string, Map<string, Shared>>();
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `instance`: the same for all processes that tell each other by themselves. */
  constructor(instance: string = randomUUID()) {
    this.instance = instance;
  }

  /** `send` tells others from now on, until what is returned is called. */
  tell(send: (takes: readonly Take[]) => void): () => void {
    this.#others.add(send);
    return () => void this.#others.delete(send);
  }

  /** Shares these, in place of what was shared of the scope before. Names are the same in every process. */
  use(scope: string, limits: Iterable<readonly [name: string, limit: RateLimit]>): void {
    this.flush();
    for (const { limit } of this.#scopes.get(scope)?.values() ?? []) limit.onTake = undefined;
    const shared = new Map<string, Shared>();
    for (const [name, limit] of limits) {
      const counts = new Map<string, number>();
      limit.onTake = (key) => this.#note(counts, key);
      shared.set(name, { limit, counts });
    }
    this.#scopes.set(scope, shared);
  }

  /** What another one has let through. What is not known here is of a configuration that is not in force here. */
  learn(takes: readonly Take[]): void {
    const now = performance.now();
    for (const [scope, name, key, count] of takes)
      this.#scopes.get(scope)?.get(name)?.limit.add(key, count, now);
  }

  /** Tells what is waiting to be told. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = 0;
    const takes: Take[] = [];
    for (const [scope, shared] of this.#scopes)
      for (const [name, { counts }] of shared) {
        for (const [key, count] of counts) takes.push([scope, name, key, count]);
        counts.clear();
      }
    if (takes.length > 0) for (const send of this.#others) send(takes);
  }

  #note(counts: Map<string, number>, key: string): void {
    if (this.#others.size === 0) return;
    const known = counts.get(key);
    counts.set(key, (known ?? 0) + 1);
    if (known === undefined) this.#waiting++;
    if (this.#waiting >= MAX_KEYS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), DELAY_MS).unref();
  }
}
