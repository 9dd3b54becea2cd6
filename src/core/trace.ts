// One request as a trace has it: a span for the request, and one for each time that an app was asked. Made only where
// traces are exported.
import { randomFillSync } from 'node:crypto';
import type { AttemptTrace, TraceRecord } from './observer.ts';
import type { TraceContext } from './trace-context.ts';

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** Random bytes by the page: asking for a few at a time costs as much. */
const random = Buffer.alloc(4096);
let used = random.length;

function randomHex(bytes: number): string {
  if (used + bytes > random.length) {
    randomFillSync(random);
    used = 0;
  }
  used += bytes;
  return random.toString('hex', used - bytes, used);
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export class Trace implements TraceRecord {
  readonly traceId: string;
  readonly spanId = randomHex(SPAN_ID_BYTES);
  readonly parentSpanId: string | undefined;
  readonly state: string;
  readonly isSampled: boolean;
  readonly attempts: Mutable<AttemptTrace>[] = [];
  readonly #startedAt: number;

  /** `parent`: whose trace is continued; undefined: it begins here. `startedAt`: of the exchange. */
  constructor(parent: TraceContext | undefined, isSampled: boolean, startedAt: number) {
    this.traceId = parent?.traceId ?? randomHex(TRACE_ID_BYTES);
    this.parentSpanId = parent?.spanId;
    this.state = parent?.state ?? '';
    this.isSampled = isSampled;
    this.#startedAt = startedAt;
  }

  /** An app is about to be asked for `target`. Returns what is for `endAttempt`; undefined: nothing is recorded. */
  beginAttempt(endpoint: string, target: string): Mutable<AttemptTrace> | undefined {
    if (!this.isSampled) return undefined;
    const startedMs = performance.now() - this.#startedAt;
    const spanId = randomHex(SPAN_ID_BYTES);
    const attempt = {
      spanId,
      endpoint,
      target,
      startedMs,
      endedMs: startedMs,
      status: 0,
      error: undefined,
    };
    this.attempts.push(attempt);
    return attempt;
  }

  /** `status`: of the app's answer, 0 for none. */
  endAttempt(attempt: Mutable<AttemptTrace> | undefined, status: number, error: string | undefined): void {
    if (attempt === undefined) return;
    attempt.endedMs = performance.now() - this.#startedAt;
    attempt.status = status;
    attempt.error = error;
  }

  /** Appends what the app is told: that its part belongs below the attempt begun last. */
  addFields(headers: string[]): void {
    const { spanId } = this.attempts.at(-1) ?? this;
    headers.push('traceparent', `00-${this.traceId}-${spanId}-${this.isSampled ? '01' : '00'}`);
    if (this.state !== '') headers.push('tracestate', this.state);
  }
}
