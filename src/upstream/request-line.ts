// The requests on one connection to an app, in the order in which it answers them (RFC 9112 9.3.2): one, or several that may
// share it. Who stands behind another never waits long for it: where the first is slow or its answer large, the others leave.
import type { Deadline, Deadlines } from '../core/deadlines.ts';
import { LINE_BOUND_MS, type LinePace } from './line-pace.ts';
import type { RawAttempt } from './raw-attempt.ts';

/** What the lines of a pool have in common. */
export interface LineRules {
  readonly pace: LinePace;
  readonly deadlines: Deadlines<RequestLine>;
}

export interface RequestLineEvents {
  /** Their requests are on their way here, and nothing of their answers has come: each is to be sent elsewhere. */
  onLost(attempts: readonly RawAttempt[]): void;
  /** The first has kept the others waiting for too long. */
  onSlow(): void;
}

/** Of an answer that others may have to wait for. */
const MAX_SHORT_BYTES = 64 * 1024;

export class RequestLine implements Deadline {
  readonly #rules: LineRules | undefined;
  readonly #events: RequestLineEvents;
  #attempts: RawAttempt[] = [];
  /** Since when the first is the first, and how much of its body has come while others waited. */
  #since = 0;
  #bytes = 0;
  #isBrokenUp = false;
  /** Whether others may stand behind those that are in it. */
  isShared = false;
  /** Whether the connection has carried an answer and stays open behind it. */
  isProven = false;
  dueAt = Infinity;
  rosterIndex = -1;

  /** Without `rules` nobody ever stands behind another. */
  constructor(rules: LineRules | undefined, events: RequestLineEvents) {
    this.#rules = rules;
    this.#events = events;
  }

  get first(): RawAttempt | undefined {
    return this.#attempts[0];
  }

  get length(): number {
    return this.#attempts.length;
  }

  /** Whether requests have left it whose answers may still come: after the first's, nothing here can be trusted. */
  get isBrokenUp(): boolean {
    return this.#isBrokenUp;
  }

  /** How many more it takes where `depth` is the most at once. */
  roomFor(depth: number, now: number): number {
    if (!this.isProven) return this.length === 0 ? 1 : 0;
    if (this.length === 0) return depth;
    return this.isShared && !this.#isBrokenUp && now < this.dueAt ? depth - this.length : 0;
  }

  add(attempt: RawAttempt): void {
    if (this.#attempts.push(attempt) > 1) this.#rules?.deadlines.add(this);
  }

  /** The answer to the first comes next. */
  begin(): void {
    if (this.#rules === undefined) return;
    this.#since = performance.now();
    this.#bytes = 0;
    this.dueAt = this.#since + LINE_BOUND_MS;
  }

  /** So many bytes of a body have come for the first. False: more than others should have to wait for. */
  take(bytes: number): boolean {
    if (this.length <= 1) return true;
    this.#bytes += bytes;
    return this.#bytes <= MAX_SHORT_BYTES;
  }

  /** Takes the first out: its answer is whole, or will never be. */
  shift(): RawAttempt | undefined {
    const first = this.#attempts.shift();
    if (first !== undefined && this.#rules !== undefined) {
      this.#rules.pace.note(performance.now() - this.#since);
      if (this.length <= 1) this.#rules.deadlines.remove(this);
    }
    return first;
  }

  /** All but the first leave, and for a while no new lines form. */
  breakUp(): void {
    this.#rules?.pace.punish(performance.now());
    this.#isBrokenUp = true;
    this.#lose(1);
  }

  /** All leave. */
  disband(): void {
    this.#lose(0);
  }

  onDue(): void {
    this.#events.onSlow();
  }

  #lose(from: number): void {
    this.#rules?.deadlines.remove(this);
    if (this.length <= from) return;
    const lost = this.#attempts.slice(from);
    this.#attempts.length = from;
    this.#events.onLost(lost);
  }
}

/** Whether an answer whose body is framed like this is larger than others should have to wait for. */
export function isLong(body: number | 'none' | 'chunked' | 'until_close'): boolean {
  return body === 'until_close' || (typeof body === 'number' && body > MAX_SHORT_BYTES);
}
