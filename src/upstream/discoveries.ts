// Asks DNS again and again for the upstreams that are in force, and tells them what is new.
import { setTimeout as delay } from 'node:timers/promises';
import type { Discovery } from './discovery.ts';
import type { Upstream } from './upstream.ts';

/** A start and a reload wait so long for answers they have never had. */
const FIRST_ANSWER_MS = 2000;

export class Discoveries {
  readonly #onChange: () => void;
  readonly #running = new Map<Discovery, AbortController>();
  #followers: ReadonlyMap<Discovery, readonly Upstream[]> = new Map();

  /** `onChange`: upstreams that are followed have other endpoints now. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Asks about what was never asked about, and waits for that, but not for long. Changes nothing that is in force. */
  async introduce(upstreams: readonly Upstream[]): Promise<void> {
    const unasked = [...followersOf(upstreams).keys()].filter(({ wasAsked }) => !wasAsked);
    if (unasked.length === 0) return;
    const answered = new AbortController();
    const tooLong = delay(FIRST_ANSWER_MS, undefined, { signal: answered.signal }).catch(() => {});
    await Promise.race([Promise.all(unasked.map((one) => one.ask())), tooLong]);
    answered.abort();
    for (const upstream of upstreams) upstream.refresh();
  }

  /** What these are made of is asked about from now on, and nothing else; what was already goes on as it was. */
  follow(upstreams: readonly Upstream[]): void {
    this.#followers = followersOf(upstreams);
    for (const [discovery, running] of this.#running)
      if (!this.#followers.has(discovery)) {
        running.abort();
        discovery.cancel();
        this.#running.delete(discovery);
      }
    for (const upstream of upstreams) upstream.refresh();
    for (const discovery of this.#followers.keys()) {
      if (this.#running.has(discovery)) continue;
      const stop = new AbortController();
      this.#running.set(discovery, stop);
      void this.#run(discovery, stop.signal);
    }
  }

  stop(): void {
    this.follow([]);
  }

  async #run(discovery: Discovery, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (discovery.waitMs(performance.now()) === 0) await discovery.ask();
      if (signal.aborted) return;
      discovery.report();
      const changed = this.#followers.get(discovery)?.filter((upstream) => upstream.refresh()) ?? [];
      if (changed.length > 0) this.#onChange();
      await delay(discovery.waitMs(performance.now()), undefined, { signal, ref: false }).catch(() => {});
    }
  }
}

function followersOf(upstreams: readonly Upstream[]): Map<Discovery, Upstream[]> {
  const followers = new Map<Discovery, Upstream[]>();
  for (const upstream of upstreams)
    for (const discovery of upstream.discoveries) {
      const known = followers.get(discovery);
      if (known === undefined) followers.set(discovery, [upstream]);
      else known.push(upstream);
    }
  return followers;
}
