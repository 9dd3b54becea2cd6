// How one address of an upstream is doing: by what requests found (passive), and by checks of its own (active). Shared by
// all routes that reach it in the same way, and kept over reloads. Times as of `performance.now()`.

export interface OutlierSettings {
  /** Connections that fail, or break before an answer, in a row. 0: they do not count. */
  readonly consecutiveFailures: number;
  /** Answers of 500 and above in a row. 0: they do not count. */
  readonly consecutive5xx: number;
  /** How long the first time out lasts; each next one twice as long, up to `maxMs`. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Of a set that may be out at once, percent; one always may. */
  readonly maxPercent: number;
}

export interface CheckThresholds {
  /** Checks in a row. */
  readonly healthy: number;
  readonly unhealthy: number;
}

/** Told of every change. */
export type OnHealth = (event: { name: string; isReady: boolean; reason: string }) => void;

/** Ejections further apart than this have nothing to do with each other. */
const FORGIVEN_AFTER = 2;

export class EndpointHealth {
  readonly name: string;
  readonly #onChange: OnHealth;
  /** Requests under way. */
  active = 0;
  #isFailing = false;
  #checksInRow = 0;
  #failures = 0;
  #serverErrors = 0;
  #ejections = 0;
  #lastEjectionMs = 0;
  #ejectedUntil = -Infinity;
  /** Since when it gets requests, where it got none before; -Infinity: it always did. */
  #readySince = -Infinity;

  constructor(name: string, onChange: OnHealth) {
    this.name = name;
    this.#onChange = onChange;
  }

  isEjected(now: number): boolean {
    return now < this.#ejectedUntil;
  }

  isReady(now: number): boolean {
    return !this.#isFailing && now >= this.#ejectedUntil;
  }

  /** How much of its share it gets `rampMs` long after it came, or came back, 0.1 to 1. */
  shareAt(now: number, rampMs: number): number {
    const since = Math.max(this.#readySince, this.#ejectedUntil);
    return Math.min(1, Math.max(0.1, (now - since) / rampMs));
  }

  /** No answer came. Returns whether it had better be out. */
  noteFailure({ consecutiveFailures }: OutlierSettings): boolean {
    this.#failures++;
    return consecutiveFailures > 0 && this.#failures >= consecutiveFailures;
  }

  /** An answer came. Returns the same. */
  noteAnswer(status: number, { consecutive5xx }: OutlierSettings): boolean {
    this.#failures = 0;
    this.#serverErrors = status >= 500 ? this.#serverErrors + 1 : 0;
    return consecutive5xx > 0 && this.#serverErrors >= consecutive5xx;
  }

  eject(now: number, { baseMs, maxMs }: OutlierSettings): void {
    if (this.isEjected(now)) return;
    if (now - this.#ejectedUntil > FORGIVEN_AFTER * this.#lastEjectionMs) this.#ejections = 0;
    this.#lastEjectionMs = Math.min(maxMs, baseMs * 2 ** this.#ejections++);
    this.#ejectedUntil = now + this.#lastEjectionMs;
    this.#failures = this.#serverErrors = 0;
    this.#tell(false, `fails, gets no requests for ${Math.round(this.#lastEjectionMs)} ms`);
  }

  /** It is new among others: it gets its share little by little, too. */
  noteArrival(now: number): void {
    this.#readySince = now;
  }

  /** The outcome of a check of its own. */
  noteCheck(fault: string | undefined, { healthy, unhealthy }: CheckThresholds, now: number): void {
    const isSame = (fault !== undefined) === this.#isFailing;
    this.#checksInRow = isSame ? 0 : this.#checksInRow + 1;
    if (this.#checksInRow < (this.#isFailing ? healthy : unhealthy)) return;
    this.#checksInRow = 0;
    this.#isFailing = fault !== undefined;
    if (!this.#isFailing) this.#readySince = now;
    this.#tell(!this.#isFailing, fault ?? 'is well again');
  }

  #tell(isReady: boolean, reason: string): void {
    this.#onChange({ name: this.name, isReady, reason });
  }
}
