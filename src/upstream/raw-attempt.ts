// One request on a connection of our own: the upstream contract on one side, the connection on the other. Delivers exactly
// one end (onEnd, onUpgrade, onError, or silence after abort) whatever the connection does afterwards.
import type { Socket } from 'node:net';
import type { Deadline, Deadlines } from '../core/deadlines.ts';
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { type Phase, phaseEnd, phaseFault } from './attempt-phases.ts';
import type { Attempt, AttemptSink, OutgoingHead, Sent } from './contract.ts';
import type { RawConnection } from './raw-connection.ts';
import { upgradedTo } from './response-fields.ts';
import type { EndpointTimeouts } from './timeouts.ts';

export interface RawAttemptOptions {
  /** The endpoint's, for the log. */
  readonly name: string;
  readonly timeouts: EndpointTimeouts;
  readonly deadlines: Deadlines<RawAttempt>;
  /** Called once, when it holds no connection and waits for none. */
  readonly onReleased: (isStarted: boolean) => void;
}

export class RawAttempt implements Attempt, Deadline {
  readonly head: OutgoingHead;
  readonly #sink: AttemptSink;
  readonly #options: RawAttemptOptions;
  #connection: RawConnection | undefined;
  #isStarted = false;
  #isReleased = false;
  #isOver = false;
  #hasHead = false;
  #sent: Sent = 'none';
  /** Body that came before there was a connection. */
  #early: Buffer[] = [];
  #bodyBytes = 0;
  #isBodyEnded: boolean;
  #isBlocked = false;
  #isPaused = false;
  /** What came of the answer while it was paused; its trailers, once it is whole. */
  #held: Buffer[] = [];
  #heldEnd: FlatHeaders | undefined;
  #phase: Phase = 'wait';
  rosterIndex = -1;
  dueAt = Infinity;

  constructor(head: OutgoingHead, sink: AttemptSink, options: RawAttemptOptions) {
    this.head = head;
    this.#sink = sink;
    this.#options = options;
    this.#isBodyEnded = head.contentLength === 0;
    options.deadlines.add(this);
    this.#enter('wait');
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether the whole request has been written. */
  get isSent(): boolean {
    return this.#sent === 'all';
  }

  // --- the upstream contract ---

  write(chunk: Buffer): boolean {
    if (this.#isOver || this.#isBodyEnded) return true;
    this.#bodyBytes += chunk.length;
    const announced = this.head.contentLength;
    if (announced !== undefined && this.#bodyBytes > announced) {
      this.fail(new SallyportError('internal', 'the request body is longer than announced'));
      return true;
    }
    if (this.#connection === undefined) {
      this.#early.push(chunk);
      this.#isBlocked = true;
      return false;
    }
    return this.#pass(chunk, this.#connection);
  }

  /** Trailers are dropped, as by the other client. */
  end(): void {
    if (this.#isOver || this.#isBodyEnded) return;
    this.#isBodyEnded = true;
    const announced = this.head.contentLength;
    if (announced !== undefined && this.#bodyBytes !== announced)
      this.fail(new SallyportError('internal', 'the request body is shorter than announced'));
    else if (this.#connection !== undefined) this.#endBody(this.#connection);
  }

  abort(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#discard();
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    if (this.#hasHead) this.#connection?.pause();
    if (this.#phase === 'answer') this.dueAt = Infinity;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    while (this.#held.length > 0 && !this.#isPaused && !this.#isOver) {
      const chunk = this.#held.shift();
      if (chunk !== undefined) this.#sink.onData(chunk);
    }
    if (this.#isPaused || this.#isOver) return;
    if (this.#heldEnd !== undefined) this.#deliverEnd(this.#heldEnd);
    else {
      if (this.#phase === 'answer') this.#enter('answer');
      this.#connection?.resume();
    }
  }

  // --- the connection ---

  /** It has a connection, on which its head has just been written. */
  start(connection: RawConnection): void {
    this.#connection = connection;
    this.#isStarted = true;
    this.dueAt = Infinity;
    if (this.head.contentLength !== 0) this.#sent = 'partial';
    for (const chunk of this.#early) this.#pass(chunk, connection);
    this.#early = [];
    if (this.#isBodyEnded) this.#endBody(connection);
    else if (this.#isBlocked && connection.hasRoom) this.onDrain();
  }

  /** It has lost its place in a line before anything of its answer came, and waits for a connection of its own. */
  restart(): void {
    this.#connection = undefined;
    this.#isStarted = false;
    this.#enter('wait');
  }

  onDrain(): void {
    if (this.#isOver || !this.#isBlocked) return;
    this.#isBlocked = false;
    if (this.#phase === 'body') this.dueAt = Infinity;
    this.#sink.onDrain();
  }

  onInformational(status: number, headers: FlatHeaders): void {
    if (!this.#isOver) this.#sink.onInformational(status, headers);
  }

  onHead(status: number, headers: FlatHeaders): void {
    if (this.#isOver) return;
    this.#hasHead = true;
    this.#enter('answer');
    if (this.#isPaused) {
      this.dueAt = Infinity;
      this.#connection?.pause();
    }
    this.#sink.onHead(status, headers);
  }

  onData(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#isPaused) {
      this.#held.push(chunk);
      // Those that stood in line behind it may have left.
      this.#connection?.pause();
      return;
    }
    if (this.dueAt !== Infinity) this.dueAt = this.#options.deadlines.now() + this.#options.timeouts.idleMs;
    this.#sink.onData(chunk);
  }

  /** The answer is whole; the connection is not this one's any more. */
  onEnd(trailers: FlatHeaders): void {
    this.#connection = undefined;
    this.#release();
    if (this.#isOver) return;
    if (this.#isPaused) this.#heldEnd = trailers;
    else this.#deliverEnd(trailers);
  }

  onUpgrade(headers: FlatHeaders, socket: Socket): void {
    this.#connection = undefined;
    this.#release();
    if (this.#isOver) {
      socket.destroy();
      return;
    }
    const { upgrade } = this.head;
    if (upgrade === undefined || upgradedTo(headers) !== upgrade.toLowerCase()) {
      socket.destroy();
      this.fail(
        new SallyportError('upstream_upgrade', `${this.#options.name}: switched to another protocol`),
      );
      return;
    }
    this.#finish();
    this.#sink.onUpgrade(headers, socket);
  }

  /** What a broken connection means for this attempt. */
  onBroken(error: SallyportError | NodeJS.ErrnoException): void {
    this.#connection = undefined;
    if (error instanceof SallyportError && error.code !== 'upstream_reset' && error.code !== 'upstream_cut') {
      this.fail(new SallyportError(error.code, `${this.#options.name}: ${error.context ?? error.message}`));
      return;
    }
    const isTls = !this.#hasHead && 'code' in error && error.code.startsWith('ERR_SSL_');
    const code = this.#hasHead ? 'upstream_cut' : isTls ? 'upstream_tls' : 'upstream_reset';
    const cause = error instanceof SallyportError ? undefined : error;
    this.fail(new SallyportError(code, `${this.#options.name}: ${error.message}`, cause));
  }

  fail(error: SallyportError): void {
    if (this.#isOver) return;
    this.#finish();
    this.#discard();
    this.#sink.onError(error, this.#sent);
  }

  // --- deadlines ---

  onDue(): void {
    this.fail(phaseFault(this.#phase, this.#options.timeouts, this.#options.name));
  }

  #enter(phase: Phase): void {
    const { timeouts, deadlines } = this.#options;
    this.#phase = phase;
    this.dueAt = phaseEnd(phase, timeouts, deadlines.now());
  }

  // --- parts ---

  #pass(chunk: Buffer, connection: RawConnection): boolean {
    const hasRoom = connection.writeBody(chunk);
    if (!hasRoom) {
      this.#isBlocked = true;
      if (!this.#hasHead) this.#enter('body');
    }
    return hasRoom;
  }

  #endBody(connection: RawConnection): void {
    this.#sent = 'all';
    connection.endBody();
    if (!this.#hasHead) this.#enter('head');
  }

  #deliverEnd(trailers: FlatHeaders): void {
    this.#finish();
    this.#sink.onEnd(trailers);
  }

  #finish(): void {
    this.#isOver = true;
  }

  /** Its connection is cut, unless others wait there, so that the app can never take what it got for a whole request. */
  #discard(): void {
    this.#connection?.leave();
    this.#connection = undefined;
    this.#early = [];
    this.#held = [];
    this.#release();
  }

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#options.deadlines.remove(this);
    this.#options.onReleased(this.#isStarted);
  }
}
