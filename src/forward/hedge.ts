// The same request at two instances: where the first says nothing for a while, a second one is asked, and whichever sends
// the head of its answer first is heard. The other attempt is given up; that is no fault of its instance.
import type { Duplex } from 'node:stream';
import type { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import type { AttemptSink, Sent } from '../upstream/contract.ts';
import type { CountedAttempt } from './counted-attempt.ts';

export interface HedgeParts {
  readonly afterMs: number;
  /** Hears the one that counts, and of a failure only when nobody is left. */
  readonly sink: AttemptSink;
  askFirst(sink: AttemptSink): CountedAttempt;
  /** Undefined: there is nobody else to ask, or no room in the budget. */
  askSecond(sink: AttemptSink): CountedAttempt | undefined;
  /** It is this one that counts from now on. */
  onChosen(attempt: CountedAttempt): void;
}

/** Interim answers that wait with one of two. */
const MAX_HELD = 16;

export class Hedge {
  readonly #parts: HedgeParts;
  readonly #timer: NodeJS.Timeout;
  #leader: Contender;
  #rival: Contender | undefined;

  constructor(parts: HedgeParts) {
    this.#parts = parts;
    this.#leader = new Contender(this, parts.sink);
    const first = parts.askFirst(this.#leader);
    this.#leader.asked = first;
    this.#timer = setTimeout(() => this.#askSecond(), parts.afterMs);
    parts.onChosen(first);
  }

  get isContested(): boolean {
    return this.#rival !== undefined;
  }

  /** From now on there is at most one attempt. */
  stop(): void {
    this.choose(this.#leader);
  }

  choose(winner: Contender): void {
    clearTimeout(this.#timer);
    if (this.#rival === undefined) return;
    const loser = this.#leave(winner);
    loser.asked?.abandon();
  }

  /** False: it was the last. */
  hasOtherThan(failed: Contender, error: SallyportError): boolean {
    clearTimeout(this.#timer);
    if (this.#rival === undefined) return false;
    this.#leave(failed === this.#leader ? this.#rival : this.#leader);
    failed.asked?.failed(0, error);
    return true;
  }

  #askSecond(): void {
    const rival = new Contender(this, this.#parts.sink);
    rival.asked = this.#parts.askSecond(rival);
    if (rival.asked !== undefined) this.#rival = rival;
  }

  /** Returns the other one. */
  #leave(one: Contender): Contender {
    const other = one === this.#leader ? this.#rival : this.#leader;
    this.#leader = one;
    this.#rival = undefined;
    if (one.asked !== undefined) this.#parts.onChosen(one.asked);
    one.passHeld();
    return other ?? one;
  }
}

class Contender implements AttemptSink {
  readonly #hedge: Hedge;
  readonly #sink: AttemptSink;
  #held: [status: number, headers: FlatHeaders][] = [];
  asked: CountedAttempt | undefined;

  constructor(hedge: Hedge, sink: AttemptSink) {
    this.#hedge = hedge;
    this.#sink = sink;
  }

  /** A client must not get hints of two instances: whoever was heard alone stays alone, and of two one is heard. */
  onInformational(status: number, headers: FlatHeaders): void {
    if (!this.#hedge.isContested) {
      this.#hedge.stop();
      this.#sink.onInformational(status, headers);
    } else if (this.#held.length < MAX_HELD) this.#held.push([status, headers]);
  }

  passHeld(): void {
    for (const [status, headers] of this.#held) this.#sink.onInformational(status, headers);
    this.#held = [];
  }

  onHead(status: number, headers: FlatHeaders): void {
    this.#hedge.choose(this);
    this.#sink.onHead(status, headers);
  }

  onData(chunk: Buffer): void {
    this.#sink.onData(chunk);
  }

  onEnd(trailers: FlatHeaders): void {
    this.#sink.onEnd(trailers);
  }

  onUpgrade(headers: FlatHeaders, socket: Duplex): void {
    this.#hedge.choose(this);
    this.#sink.onUpgrade(headers, socket);
  }

  onError(error: SallyportError, sent: Sent): void {
    if (!this.#hedge.hasOtherThan(this, error)) this.#sink.onError(error, sent);
  }

  onDrain(): void {
    this.#sink.onDrain();
  }
}
