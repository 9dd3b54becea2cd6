// One request through undici: its handler on one side, the upstream contract on the other. Delivers exactly one end
// (onEnd, onUpgrade, onError, or silence after abort) whatever undici calls afterwards.
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { type ErrorCode, SallyportError } from '../core/errors.ts';
import { noteReceived } from '../core/collection.ts';
import type { Attempt, AttemptSink, OutgoingHead, Sent } from './contract.ts';
import type { CarriedHandler, Carrier } from './channel.ts';
import { upstreamFault } from './fault.ts';
import { RequestBody } from './request-body.ts';
import { flatten, hasForeignCoding, isCloseDelimited, upgradedTo } from './response-fields.ts';
import type { EndpointTimeouts } from './timeouts.ts';

export interface AttemptOptions {
  /** The endpoint's, for the log. */
  readonly name: string;
  readonly timeouts: EndpointTimeouts;
  readonly tally: AttemptTally;
}

/** Told about the attempt's way through undici, each once at most. */
export interface AttemptTally {
  /** It has a connection. */
  onStarted(): void;
  /** undici has let go of it: before, at, or after its end for the sink. The last call, always made. */
  onReleased(isStarted: boolean): void;
}

interface Deadline {
  readonly setting: keyof EndpointTimeouts;
  readonly code: ErrorCode;
  /** For the log, in front of the milliseconds. */
  readonly text: string;
}

const CONNECTION: Deadline = {
  setting: 'waitMs',
  code: 'upstream_unavailable',
  text: 'no connection was free within',
};
const BODY_TAKEN: Deadline = {
  setting: 'idleMs',
  code: 'upstream_timeout',
  text: 'the app took none of the body for',
};
const RESPONSE_HEAD: Deadline = {
  setting: 'headersMs',
  code: 'upstream_timeout',
  text: 'no response head within',
};

export class UndiciAttempt implements Attempt, CarriedHandler {
  /** What undici is to send; null without one. */
  readonly body: RequestBody | null;
  readonly #head: OutgoingHead;
  readonly #sink: AttemptSink;
  readonly #options: AttemptOptions;
  #controller: Dispatcher.DispatchController | undefined;
  #carrier: Carrier | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #isReleased = false;
  #isOpening = true;
  #hasHead = false;
  #sent: Sent = 'none';
  #bodyBytes = 0;
  #isBodyEnded = false;
  #isCloseDelimited = false;
  #isPaused = false;

  constructor(head: OutgoingHead, sink: AttemptSink, options: AttemptOptions) {
    this.#head = head;
    this.#sink = sink;
    this.#options = options;
    this.body = head.contentLength === 0 ? null : new RequestBody(() => this.#onBodyDrain());
    this.#startDeadline(CONNECTION);
  }

  /** Said after the dispatch: from now on the sink may be told of a failure at once, before that a moment later. */
  opened(): this {
    this.#isOpening = false;
    return this;
  }

  // --- the upstream contract ---

  write(chunk: Buffer): boolean {
    if (this.#isOver || this.body === null || this.#isBodyEnded) return true;
    this.#bodyBytes += chunk.length;
    const announced = this.#head.contentLength;
    if (announced !== undefined && this.#bodyBytes > announced) {
      this.#fail(new SallyportError('internal', 'the request body is longer than announced'));
      return true;
    }
    const hasRoom = this.body.push(chunk);
    if (!hasRoom && this.#controller !== undefined) this.#startDeadline(BODY_TAKEN);
    return hasRoom;
  }

  /** Trailers are dropped: undici cannot send them. */
  end(): void {
    if (this.#isOver || this.body === null || this.#isBodyEnded) return;
    this.#isBodyEnded = true;
    const announced = this.#head.contentLength;
    // undici would send a body of length 0 in place of an announced one of which nothing came.
    if (announced !== undefined && this.#bodyBytes !== announced)
      this.#fail(new SallyportError('internal', 'the request body is shorter than announced'));
    else this.body.end();
  }

  abort(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#discard();
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#isOver) this.#controller?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isOver) this.#controller?.resume();
  }

  // --- undici's handler ---

  onCarrier(carrier: Carrier): void {
    this.#carrier = carrier;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Throwing before a byte is written costs the request only; an abort would cost the connection too.
    if (this.#isOver) throw new SallyportError('client_closed');
    this.#controller = controller;
    if (this.#isPaused) controller.pause();
    this.#options.tally.onStarted();
    this.#clearDeadline();
    if (this.body?.isBlocked === true) this.#startDeadline(BODY_TAKEN);
  }

  onBodySent(): void {
    if (this.#sent === 'none') this.#sent = 'partial';
  }

  onRequestSent(): void {
    this.#sent = 'all';
    if (this.#hasHead || this.#isOver) return;
    this.#startDeadline(RESPONSE_HEAD);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (this.#isOver) return;
    const headers = flatten(controller.rawHeaders);
    if (status === 101) {
      this.#fail(
        new SallyportError('upstream_upgrade', `${this.#options.name}: 101 without an Upgrade field`),
      );
    } else if (status >= 100 && status < 200) {
      this.#sink.onInformational(status, headers);
    } else if (status < 200 || status > 599) {
      this.#fail(new SallyportError('upstream_protocol', `${this.#options.name}: status ${status}`));
    } else if (hasForeignCoding(headers)) {
      const context = `${this.#options.name}: a transfer coding other than chunked`;
      this.#fail(new SallyportError('upstream_protocol', context));
    } else {
      this.#hasHead = true;
      this.#isCloseDelimited = isCloseDelimited(headers);
      this.#clearDeadline();
      this.#sink.onHead(status, headers);
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    noteReceived(chunk.length);
    if (!this.#isOver) this.#sink.onData(chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.#release();
    if (this.#isOver) return;
    const error = this.#carrier?.socket?.errored;
    // undici takes a reset for the end of a body that only the close delimits.
    if (this.#isCloseDelimited && error) {
      this.#fail(upstreamFault(error, { isStarted: true, hasHead: true }, this.#options.name));
      return;
    }
    this.#finish();
    this.#sink.onEnd(flatten(controller.rawTrailers));
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    status: number,
    _: unknown,
    socket: Duplex,
  ): void {
    this.#release();
    const headers = flatten(controller.rawHeaders);
    if (this.#isOver) {
      socket.destroy();
    } else if (status !== 101 || upgradedTo(headers) !== this.#head.upgrade?.toLowerCase()) {
      socket.destroy();
      this.#fail(
        new SallyportError('upstream_upgrade', `${this.#options.name}: switched to another protocol`),
      );
    } else {
      this.#finish();
      this.#sink.onUpgrade(headers, socket);
    }
  }

  onResponseError(_: unknown, error: Error): void {
    this.#release();
    if (this.#isOver) return;
    const progress = { isStarted: this.#controller !== undefined, hasHead: this.#hasHead };
    this.#fail(upstreamFault(error, progress, this.#options.name));
  }

  // --- ends ---

  #onBodyDrain(): void {
    if (this.#isOver) return;
    this.#clearDeadline();
    this.#sink.onDrain();
  }

  #fail(error: SallyportError): void {
    if (this.#isOver) return;
    if (this.#isOpening) {
      queueMicrotask(() => this.#fail(error));
      return;
    }
    this.#finish();
    this.#discard();
    this.#sink.onError(error, this.#sent);
  }

  #finish(): void {
    this.#isOver = true;
    this.#clearDeadline();
  }

  /** Cuts the connection, so that the app can never take what it got for a whole request. */
  #discard(): void {
    this.#controller?.abort(new SallyportError('client_closed'));
    this.body?.destroy();
  }

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#options.tally.onReleased(this.#controller !== undefined);
  }

  /** One timer an attempt: waiting for a connection, then for the app to take the body, then for the head. */
  #startDeadline(kind: Deadline): void {
    this.#clearDeadline();
    const timeoutMs = this.#options.timeouts[kind.setting];
    if (timeoutMs > 0) this.#timer = setTimeout(UndiciAttempt.#expire, timeoutMs, this, kind);
  }

  static #expire(this: void, attempt: UndiciAttempt, { code, setting, text }: Deadline): void {
    const { name, timeouts } = attempt.#options;
    attempt.#fail(new SallyportError(code, `${name}: ${text} ${timeouts[setting]} ms`));
  }

  #clearDeadline(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
