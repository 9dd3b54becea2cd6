// Spans on their way to a collector. Nobody ever waits for it: what it does not take in time is dropped and counted, and
// whatever goes wrong is a warning, one a minute at most.
import { setTimeout as wait } from 'node:timers/promises';
import { type ExchangeRecord, type Observer, silentObserver } from '../core/observer.ts';
import { Collector, type CollectorSettings } from './collector.ts';
import { spansOf } from './exchange-spans.ts';
import { type Origin, SpanBatch } from './otlp-message.ts';
import { Throttle } from './throttle.ts';

export interface SpanExporterOptions extends CollectorSettings {
  readonly origin: Origin;
  /** Told of spans that are lost. */
  readonly onLost: (detail: string, cause: Error | undefined) => void;
}

/** How long spans wait for more to go with them. */
const DELAY_MS = 5000;
const MAX_BATCH_SPANS = 512;
const MAX_BATCH_BYTES = 1024 ** 2;
/** Batches in line behind the one that is on its way. */
const MAX_WAITING = 8;
const MAX_TRIES = 5;
const FIRST_BACKOFF_MS = 1000;
const SAY_EVERY_MS = 60_000;

export class SpanExporter {
  readonly #options: SpanExporterOptions;
  readonly #collector: Collector;
  readonly #said = new Throttle(SAY_EVERY_MS);
  /** Aborted when there is no time to try again later. */
  readonly #closing = new AbortController();
  #filling = new SpanBatch();
  readonly #waiting: SpanBatch[] = [];
  #sending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Not spoken of yet, and what the last of them were lost by. */
  #lost = 0;
  #cause: Error | undefined;
  readonly observer: Observer;

  constructor(options: SpanExporterOptions) {
    this.#options = options;
    this.#collector = new Collector(options);
    this.observer = { ...silentObserver, exchange: (record) => this.#take(record) };
  }

  /** Sends what there is, for `graceMs` at most; what is left then is lost. */
  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    this.#dispatch();
    const cut = setTimeout(() => this.#collector.close(), graceMs);
    await this.#sending;
    clearTimeout(cut);
    this.#collector.close();
    if (this.#lost > 0) this.#say();
  }

  #take(record: ExchangeRecord): void {
    const { trace } = record;
    if (trace?.isSampled !== true || this.#closing.signal.aborted) return;
    for (const span of spansOf(record, trace)) this.#filling.add(span);
    const { count, bytes } = this.#filling;
    if (count >= MAX_BATCH_SPANS || bytes >= MAX_BATCH_BYTES) this.#dispatch();
    else this.#timer ??= setTimeout(() => this.#dispatch(), DELAY_MS).unref();
  }

  /** The batch leaves, or takes its place in the line. */
  #dispatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#filling;
    if (batch.count === 0) return;
    this.#filling = new SpanBatch();
    if (this.#waiting.length === MAX_WAITING)
      this.#lose(batch.count, new Error('more spans come than it takes'));
    else this.#waiting.push(batch);
    this.#sending ??= this.#send();
  }

  /** One after the other, until none waits. Does not throw. */
  async #send(): Promise<void> {
    for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift())
      await this.#deliver(batch);
    this.#sending = undefined;
  }

  async #deliver(batch: SpanBatch): Promise<void> {
    const message = batch.message(this.#options.origin);
    const { signal } = this.#closing;
    for (let tries = 1; ; tries++) {
      const { fault, mayRetry, waitMs, rejected } = await this.#collector.post(message);
      if (fault === undefined) {
        if (rejected > 0) this.#lose(rejected, new Error('it rejects them'));
        return;
      }
      if (!mayRetry || tries === MAX_TRIES || signal.aborted) {
        this.#lose(batch.count, fault);
        return;
      }
      // Proxies that have lost the same collector shall not all come back at the same moment.
      const backoffMs = FIRST_BACKOFF_MS * 2 ** (tries - 1) * (0.8 + Math.random() * 0.4);
      await wait(waitMs ?? backoffMs, undefined, { ref: false, signal }).catch(() => {});
    }
  }

  #lose(count: number, cause: Error): void {
    this.#lost += count;
    this.#cause = cause;
    if (this.#said.take('lost', Date.now()) !== undefined) this.#say();
  }

  #say(): void {
    this.#options.onLost(`${this.#lost} spans did not reach ${this.#options.url.origin}`, this.#cause);
    this.#lost = 0;
  }
}
