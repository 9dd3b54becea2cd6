// Deals out requests to the clients, closed loop (the next when the answer came) or open loop (at a fixed rate,
// whatever the answers do), and knows when enough was sent.
import { Client, type ClientSettings, type Director } from './client.ts';
import type { Plan } from './plan.ts';
import { Tally } from './tally.ts';

const NOT_NOW = -1;

type Settings = Omit<ClientSettings, 'director' | 'mode' | 'isOpenLoop'>;

export class LoadRun implements Director {
  tally = new Tally();
  readonly #clients: Client[];
  readonly #intervalMs: number | undefined;
  readonly #maxRequests: number;
  #limit = Number.POSITIVE_INFINITY;
  /** Open loop: clients without a request. */
  readonly #waiting: Client[] = [];
  #startedMs = performance.now();
  #started = 0;
  #isOver = false;

  constructor(plan: Plan, settings: Settings) {
    this.#intervalMs = plan.rate === undefined ? undefined : 1000 / plan.rate;
    this.#maxRequests = plan.maxRequests ?? Number.POSITIVE_INFINITY;
    const all = { ...settings, director: this, mode: plan.mode, isOpenLoop: plan.rate !== undefined };
    this.#clients = Array.from({ length: plan.connections }, () => new Client(all));
  }

  /** Whether every request that was asked for has been answered or has failed. */
  get isComplete(): boolean {
    return this.tally.answers + this.tally.failures >= this.#limit;
  }

  /** Whether nothing but errors came from as many tries as there are connections. */
  get isHopeless(): boolean {
    return this.tally.answers === 0 && this.tally.failures >= Math.max(this.#clients.length, 10);
  }

  start(): void {
    for (const client of this.#clients) client.proceed();
    if (this.#intervalMs !== undefined) this.#deal();
  }

  /** Forgets what was counted so far, a warm-up; from here on the number of requests is bounded. */
  beginMeasuring(): void {
    this.tally = new Tally();
    this.#limit = this.#maxRequests;
    this.#started = 0;
    this.#startedMs = performance.now();
  }

  stop(): void {
    this.#isOver = true;
    for (const client of this.#clients) client.stop();
  }

  next(client: Client, nowMs: number): number {
    const dueMs = this.#takeTurn(nowMs);
    if (dueMs === NOT_NOW && this.#intervalMs !== undefined) this.#waiting.push(client);
    return dueMs;
  }

  #takeTurn(nowMs: number): number {
    if (this.#isOver || this.#started >= this.#limit) return NOT_NOW;
    if (this.#intervalMs === undefined) {
      this.#started++;
      return nowMs;
    }
    const dueMs = this.#startedMs + this.#started * this.#intervalMs;
    if (dueMs > nowMs) return NOT_NOW;
    this.#started++;
    return dueMs;
  }

  /** Once every turn of the event loop: a timer is a millisecond late, which would be counted as latency. */
  #deal(): void {
    if (this.#isOver) return;
    while (this.#waiting.length > 0) {
      const dueMs = this.#takeTurn(performance.now());
      if (dueMs === NOT_NOW) break;
      this.#waiting.pop()?.go(dueMs);
    }
    setImmediate(() => this.#deal());
  }
}
