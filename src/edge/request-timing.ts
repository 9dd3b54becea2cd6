// The deadlines of a connection that carries one request after the other, or of one stream of many, a phase at a time:
// waiting for a request, head, body, answer, closing.
// Absolute where a client could otherwise stretch them a byte at a time (slowloris).
import type { ErrorCode } from '../core/errors.ts';

export interface TimingLimits {
  /** From the first byte of a head to its end. */
  readonly headMs: number;
  /** Between requests, and for a client that does not read its answer. */
  readonly idleMs: number;
  /** A body must bring at least this much in every window of `bodyGraceMs`; 0 switches the check off. */
  readonly minBodyBytesPerSecond: number;
  readonly bodyGraceMs: number;
}

/** How long a client may go on sending once its last answer is on the way. */
const LINGER_MS = 2_000;

export class RequestTiming {
  dueAt: number;
  readonly #limits: TimingLimits;
  #phase: 'idle' | 'head' | 'body' | 'answer' | 'flush' | 'linger' = 'idle';
  #blockedUntil = Infinity;
  #bodyUntil = Infinity;
  #bodyBytes = 0;

  constructor(limits: TimingLimits, now: number) {
    this.#limits = limits;
    this.dueAt = now + limits.idleMs;
  }

  enterIdle(now: number): void {
    this.#phase = 'idle';
    this.#bodyUntil = Infinity;
    this.dueAt = now + this.#limits.idleMs;
  }

  enterHead(now: number): void {
    this.#phase = 'head';
    this.dueAt = now + this.#limits.headMs;
  }

  enterBody(now: number): void {
    this.#phase = 'body';
    this.pauseBody();
    this.resumeBody(now, 0);
  }

  /** We do not read: the client cannot be blamed for what does not arrive. */
  pauseBody(): void {
    this.#bodyUntil = Infinity;
    this.#schedule();
  }

  resumeBody(now: number, bytes: number): void {
    if (this.#phase !== 'body' || this.#limits.minBodyBytesPerSecond === 0) return;
    this.#bodyBytes = bytes;
    this.#bodyUntil = now + this.#limits.bodyGraceMs;
    this.#schedule();
  }

  enterAnswer(): void {
    this.#phase = 'answer';
    this.#bodyUntil = Infinity;
    this.#schedule();
  }

  /** The client does not take what is written. */
  enterBlocked(now: number): void {
    if (this.#blockedUntil !== Infinity) return;
    this.#blockedUntil = now + this.#limits.idleMs;
    this.#schedule();
  }

  leaveBlocked(): void {
    this.#blockedUntil = Infinity;
    this.#schedule();
  }

  /** The last answer is said, and not yet all with the system: a slow client may take as long as any other. */
  enterFlush(now: number): void {
    this.#phase = 'flush';
    this.dueAt = now + this.#limits.idleMs;
  }

  enterLinger(now: number, ms = LINGER_MS): void {
    this.#phase = 'linger';
    this.dueAt = now + ms;
  }

  /**
   * What to do now that `dueAt` has passed: answer with an error, close, cut, or let go of what the system will go on
   * delivering by itself; undefined: go on.
   */
  check(now: number, bytesIn: number): ErrorCode | 'close' | 'cut' | 'let_go' | undefined {
    if (this.#phase === 'head') return 'request_timeout';
    if (this.#phase === 'idle') return 'close';
    if (this.#phase === 'linger') return 'let_go';
    if (this.#phase === 'flush' || this.#blockedUntil <= now) return 'cut';
    if (this.#bodyUntil > now) return undefined;
    const wanted = (this.#limits.minBodyBytesPerSecond * this.#limits.bodyGraceMs) / 1000;
    if (bytesIn - this.#bodyBytes < wanted) return 'body_too_slow';
    this.resumeBody(now, bytesIn);
    return undefined;
  }

  #schedule(): void {
    if (this.#phase === 'body' || this.#phase === 'answer')
      this.dueAt = Math.min(this.#bodyUntil, this.#blockedUntil);
  }
}
