// What an attempt does, whatever carries it, a connection or a stream: it counts the body against what was announced and
// keeps what comes before it is carried, waits for one thing at a time, and comes to exactly one end.
import type { Deadline, Deadlines } from '../core/deadlines.ts';
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { type Phase, phaseEnd, phaseFault } from './attempt-phases.ts';
import type { Attempt, AttemptSink, OutgoingHead, Sent } from './contract.ts';
import type { EndpointTimeouts } from './timeouts.ts';

export interface Carrier {
  readonly hasRoom: boolean;
  /** False: stop until it tells the attempt `onDrain`. */
  writeBody(chunk: Buffer): boolean;
  /** `trailers`: dropped where none can be sent. */
  endBody(trailers: FlatHeaders): void;
  /** The attempt is over before its answer is; the app must never take what it got for a whole request. */
  leave(): void;
}

/** What an attempt is one of, for as long as it is carried or waits for it. */
export interface AttemptOwner {
  /** The endpoint's, for the log. */
  readonly name: string;
  /** Where its time is watched. */
  readonly deadlines: Deadlines<CarriedAttempt>;
  /** Called once. */
  release(isStarted: boolean): void;
}

const NO_FIELDS: FlatHeaders = [];

export abstract class CarriedAttempt<C extends Carrier = Carrier> implements Attempt, Deadline {
  readonly head: OutgoingHead;
  protected readonly sink: AttemptSink;
  protected readonly name: string;
  protected carrier: C | undefined;
  /** The head of the answer is there. */
  protected isAnswered = false;
  protected isBodyEnded: boolean;
  protected sent: Sent = 'none';
  readonly #timeouts: EndpointTimeouts;
  readonly #owner: AttemptOwner;
  #isStarted = false;
  #isReleased = false;
  #isOver = false;
  /** Body that came before there was a carrier. */
  #early: Buffer[] = [];
  #bodyBytes = 0;
  /** Of the request, behind its body. */
  #trailers = NO_FIELDS;
  #isBlocked = false;
  #phase: Phase = 'wait';
  rosterIndex = -1;
  dueAt = Infinity;

  constructor(head: OutgoingHead, sink: AttemptSink, timeouts: EndpointTimeouts, owner: AttemptOwner) {
    this.head = head;
    this.sink = sink;
    this.name = owner.name;
    this.#timeouts = timeouts;
    this.#owner = owner;
    this.isBodyEnded = head.contentLength === 0;
    owner.deadlines.add(this);
    this.#enter('wait');
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  // --- the upstream contract ---

  write(chunk: Buffer): boolean {
    if (this.#isOver || this.isBodyEnded) return true;
    this.#bodyBytes += chunk.length;
    const announced = this.head.contentLength;
    if (announced !== undefined && this.#bodyBytes > announced) {
      this.fail(new SallyportError('internal', 'the request body is longer than announced'));
      return true;
    }
    if (this.carrier !== undefined) return this.#pass(chunk, this.carrier);
    this.#early.push(chunk);
    this.#isBlocked = true;
    return false;
  }

  end(trailers: FlatHeaders = NO_FIELDS): void {
    if (this.#isOver || this.isBodyEnded) return;
    this.isBodyEnded = true;
    this.#trailers = trailers;
    const announced = this.head.contentLength;
    if (announced !== undefined && this.#bodyBytes !== announced)
      this.fail(new SallyportError('internal', 'the request body is shorter than announced'));
    else if (this.carrier !== undefined) this.#endBody(this.carrier);
  }

  abort(): void {
    if (this.#isOver) return;
    this.finish();
    this.discard();
  }

  abstract pause(): void;
  abstract resume(): void;

  fail(error: SallyportError): void {
    if (this.#isOver) return;
    this.finish();
    this.discard();
    this.sink.onError(error, this.sent);
  }

  /** Not before whoever made it knows it. */
  failLater(error: SallyportError): void {
    queueMicrotask(() => this.fail(error));
  }

  onDue(): void {
    this.fail(phaseFault(this.#phase, this.#timeouts, this.name));
  }

  // --- the carrier ---

  /** Its head has just been written there. */
  protected carryOn(carrier: C): void {
    this.carrier = carrier;
    this.#isStarted = true;
    this.dueAt = Infinity;
    this.sent = 'partial';
    for (const chunk of this.#early) this.#pass(chunk, carrier);
    this.#early = [];
    if (this.isBodyEnded) this.#endBody(carrier);
    else if (this.#isBlocked && carrier.hasRoom) this.onDrain();
  }

  /** It waits for another one, as in the beginning. */
  protected waitAgain(): void {
    this.carrier = undefined;
    this.#isStarted = false;
    this.#enter('wait');
  }

  onDrain(): void {
    if (this.#isOver || !this.#isBlocked) return;
    this.#isBlocked = false;
    if (this.#phase === 'body') this.dueAt = Infinity;
    this.sink.onDrain();
  }

  // --- time ---

  /** The head of the answer is there, or more of its body: from now on the next piece is waited for. */
  protected expectMore(): void {
    this.isAnswered = true;
    this.#enter('answer');
  }

  /** A piece of the body: the next one is waited for, unless nobody wants it yet. */
  protected noteData(): void {
    if (this.dueAt !== Infinity) this.#enter('answer');
  }

  /** Nobody takes the answer for now. */
  protected expectNothing(): void {
    if (this.#phase === 'answer') this.dueAt = Infinity;
  }

  // --- its end ---

  protected finish(): void {
    this.#isOver = true;
  }

  protected discard(): void {
    this.carrier?.leave();
    this.carrier = undefined;
    this.#early = [];
    this.release();
  }

  protected release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#owner.deadlines.remove(this);
    this.#owner.release(this.#isStarted);
  }

  /** Another does it, from the beginning: nothing of it has been sent. */
  protected passTo(open: (head: OutgoingHead, sink: AttemptSink) => Attempt): Attempt {
    const early = this.#early;
    this.finish();
    this.#early = [];
    this.release();
    const other = open(this.head, this.sink);
    for (const chunk of early) other.write(chunk);
    if (this.isBodyEnded) other.end(this.#trailers);
    return other;
  }

  #pass(chunk: Buffer, carrier: C): boolean {
    const hasRoom = carrier.writeBody(chunk);
    if (!hasRoom) {
      this.#isBlocked = true;
      if (!this.isAnswered) this.#enter('body');
    }
    return hasRoom;
  }

  #endBody(carrier: C): void {
    this.sent = 'all';
    carrier.endBody(this.#trailers);
    if (!this.isAnswered) this.#enter('head');
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.dueAt = phaseEnd(phase, this.#timeouts, this.#owner.deadlines.now());
  }
}
