// `idle` mode: opens every connection, one request on each, and keeps them open. The memory of watched processes is
// read twice, with a tenth of the connections and with all, so that what does not depend on them falls out.
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type ClientSettings, type Director } from './client.ts';
import { loadResult, watch, type LoadResult, type Mark, type StoppedBy } from './load-result.ts';
import type { Plan } from './plan.ts';
import { Tally } from './tally.ts';

const OPENING_AT_ONCE = 32;
const LOOK_EVERY_MS = 10;

type Settings = Pick<ClientSettings, 'connect' | 'request' | 'isAnswerToHead'>;

class Opening implements Director {
  readonly tally = new Tally();
  readonly clients: Client[] = [];
  readonly #settings: Settings;
  #wanted = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get isSettled(): boolean {
    return this.tally.answers + this.tally.failures >= this.#wanted;
  }

  openUpTo(count: number): void {
    this.#wanted = count;
    for (let i = 0; i < OPENING_AT_ONCE; i++) this.#openOne();
  }

  /** A client has had its answer (or lost its connection): it rests, the next may begin. */
  next(): number {
    this.#openOne();
    return -1;
  }

  #openOne(): void {
    if (this.clients.length >= this.#wanted) return;
    const client = new Client({ ...this.#settings, director: this, mode: 'idle', isOpenLoop: false });
    this.clients.push(client);
    client.go(performance.now());
  }
}

/** Holds each stage for the warm-up time (at least a second) before memory is read. */
export async function hold(plan: Plan, settings: Settings, signal: AbortSignal): Promise<LoadResult> {
  const mark = watch(plan.watched);
  const opening = new Opening(settings);
  const start = mark();
  const settleMs = Math.max(plan.warmUpMs, 1000);
  const few = Math.ceil(plan.connections / 10);
  let stoppedBy: StoppedBy = 'requests';
  let before: Mark = start;
  let end: Mark = start;
  try {
    await open(opening, few, signal);
    await delay(settleMs, undefined, { signal });
    before = mark();
    await open(opening, plan.connections, signal);
    await delay(settleMs, undefined, { signal });
  } catch {
    stoppedBy = 'interrupt';
  }
  end = mark();
  const lost = opening.clients.filter((client) => !client.isConnected).length - opening.tally.failures;
  for (let i = 0; i < lost; i++) opening.tally.countError('closed while idle');
  if (opening.tally.failures > 0 && stoppedBy !== 'interrupt') stoppedBy = 'failure';
  for (const client of opening.clients) client.stop();
  const result = loadResult(plan, stoppedBy, opening.tally, { start, end });
  return { ...result, watched: withGrowth(result.watched, before, plan.connections - few) };
}

async function open(opening: Opening, count: number, signal: AbortSignal): Promise<void> {
  opening.openUpTo(count);
  while (!opening.isSettled) await delay(LOOK_EVERY_MS, undefined, { signal });
}

const withGrowth = (watched: LoadResult['watched'], before: Mark, connections: number) =>
  Object.fromEntries(
    Object.entries(watched).map(([name, figures]) => {
      const grownKib = figures.rssKib - (before.samples.get(name)?.rssKib ?? 0);
      return [name, { ...figures, rssKibPerConnection: grownKib / Math.max(connections, 1) }];
    }),
  );
