// Whose trace a request continues, and whether its spans are recorded. Anybody can write a traceparent: it is believed
// from clients whose certificate was vouched for alone, and what they ask to be recorded is limited, or one client could
// fill the collector or push everybody else's spans out of the queue.
import { RateLimit } from '../core/rate-limit.ts';
import { Trace } from '../core/trace.ts';
import { type TraceContext, traceContextIn } from '../core/trace-context.ts';
import type { Identity } from '../exchange/identity.ts';
import type { Life } from './life.ts';

/** Traces that are recorded because the client of a certificate has asked; those beyond are drawn like any other. */
const ASKED = { count: 100, periodMs: 1000, burst: 100 };

export class Tracer {
  readonly #ratio: () => number;
  readonly #asked = new RateLimit(ASKED);

  /** `ratio`: the share of the traces begun here that is recorded, 0 to 1. */
  constructor(ratio: () => number) {
    this.#ratio = ratio;
  }

  /** To be called once the certificate has been judged. */
  begin({ exchange, verdict, time }: Life): Trace {
    if (verdict?.ok === true) {
      const parent = traceContextIn(exchange.request.headers);
      if (parent !== undefined)
        return new Trace(parent, this.#follows(parent, verdict.identity, time), exchange.startedAt);
    }
    return new Trace(undefined, this.#draw(), exchange.startedAt);
  }

  #follows({ isSampled }: TraceContext, { leaf }: Identity, now: number): boolean {
    return isSampled && (this.#asked.take(leaf.sha256, now).isAllowed || this.#draw());
  }

  #draw(): boolean {
    return Math.random() < this.#ratio();
  }
}
