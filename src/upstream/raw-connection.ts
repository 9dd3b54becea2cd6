// One verified connection to an app, read by our own strict decoder. It carries one request at a time, or a line of those
// that may share it. Any doubt about where an answer ends, and it is not used again.
import type { Socket } from 'node:net';
import { SallyportError } from '../core/errors.ts';
import { type FlatHeaders, headerValue } from '../core/flat-headers.ts';
import { noteReceived } from '../core/collection.ts';
import type { HeadLimits } from '../http1/limits.ts';
import { ResponseDecoder } from '../http1/response-decoder.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { RawAttempt } from './raw-attempt.ts';
import { isLong, type LineRules, RequestLine } from './request-line.ts';

export interface RawConnectionEvents {
  /** It can carry the next request, for so long (milliseconds; undefined: the app does not say). */
  onIdle(connection: RawConnection, keepAliveMs: number | undefined): void;
  /** These stood in line behind another, and nothing of their answers has come: each is to be sent elsewhere. */
  onLost(attempts: readonly RawAttempt[]): void;
  /** It is closed, or somebody else's. Once. */
  onGone(connection: RawConnection): void;
}

/** Of `HTTP/1.1`. */
const FIRST_BYTE = 0x48;
const CRLF = Buffer.from('\r\n');
const nothing = (): void => {};
const LAST_CHUNK = '0\r\n\r\n';
const NOTHING = Buffer.alloc(0);

export class RawConnection {
  readonly #socket: Socket;
  readonly #events: RawConnectionEvents;
  readonly #decoder: ResponseDecoder;
  readonly #line: RequestLine;
  #isChunked = false;
  /** Whether a byte of the answer has come. */
  #hasBegun = false;
  #head: ResponseHead | undefined;
  #trailers: FlatHeaders | undefined;
  #error: NodeJS.ErrnoException | undefined;
  #isGone = false;
  /** `performance.now()`: when an idle one is to be closed. */
  idleUntil = Infinity;

  /** Without `rules` it carries one request at a time. */
  constructor(socket: Socket, limits: HeadLimits, events: RawConnectionEvents, rules?: LineRules) {
    this.#socket = socket;
    this.#events = events;
    this.#line = new RequestLine(rules, {
      onLost: (attempts) => events.onLost(attempts),
      onSlow: () => this.#breakUp(),
    });
    this.#decoder = new ResponseDecoder(limits, {
      onInformational: (status, headers) => this.#line.first?.onInformational(status, headers),
      onHead: (head) => this.#onHead(head),
      onData: (bytes) => this.#onBody(bytes),
      onEnd: (trailers) => {
        this.#trailers = trailers;
      },
    });
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  get hasRoom(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  /** How many more requests may be sent on it at `now`, where `depth` is the most at once. */
  roomFor(depth: number, now: number): number {
    // Not behind an answer that is under way: it may stream, or be read slowly.
    return this.#head === undefined ? this.#line.roomFor(depth, now) : 0;
  }

  /** `headText` is complete, with its framing; `isChunked`: the body goes in chunks. */
  start(attempt: RawAttempt, headText: string, isChunked: boolean): void {
    this.#isChunked = isChunked;
    this.#line.isShared = false;
    this.#enqueue(attempt);
    this.#socket.write(headText, 'latin1');
    attempt.start(this);
  }

  /** As many as there is room for, without bodies, in one write. `headTexts` are complete, one after the other. */
  startLine(attempts: readonly RawAttempt[], headTexts: string): void {
    this.#isChunked = false;
    this.#line.isShared = true;
    for (const attempt of attempts) this.#enqueue(attempt);
    this.#socket.write(headTexts, 'latin1');
    for (const attempt of attempts) attempt.start(this);
  }

  /** False: stop until the attempt's `onDrain`. */
  writeBody(chunk: Buffer): boolean {
    if (!this.#isChunked) return this.#socket.write(chunk);
    this.#socket.cork();
    this.#socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
    this.#socket.write(chunk);
    const hasRoom = this.#socket.write(CRLF);
    this.#socket.uncork();
    return hasRoom;
  }

  endBody(): void {
    if (this.#isChunked) this.#socket.write(LAST_CHUNK, 'latin1');
  }

  /** Nothing of this happens where others stand in line: what comes until they are gone, the attempt holds. */
  pause(): void {
    if (this.#line.length === 1) this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** An attempt wants nothing more of it. Where others stand in line, its answer is read and dropped. */
  leave(): void {
    if (this.#line.length > 1) return;
    this.#line.shift();
    this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#gone();
    this.#line.disband();
  }

  readonly #onData = (chunk: Buffer): void => {
    noteReceived(chunk.length);
    try {
      let rest = chunk;
      do rest = this.#take(rest);
      while (rest.length > 0 && !this.#isGone);
    } catch (error) {
      this.#break(error instanceof SallyportError ? error : new SallyportError('internal', undefined, error));
    }
  };

  readonly #onDrain = (): void => this.#line.first?.onDrain();

  readonly #onEnd = (): void => {
    try {
      this.#decoder.finish();
      if (this.#trailers === undefined) this.destroy();
      else this.#settle(NOTHING);
    } catch (error) {
      this.#break(error as SallyportError);
    }
  };

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#error = error;
    this.#break(error);
  };

  readonly #onClose = (): void => this.#break(this.#error ?? new SallyportError('upstream_reset', 'closed'));

  #enqueue(attempt: RawAttempt): void {
    this.#line.add(attempt);
    if (this.#line.length === 1) this.#expect(attempt);
  }

  /** Its answer comes next. */
  #expect({ head: { method } }: RawAttempt): void {
    this.#hasBegun = false;
    this.#line.begin();
    // Whether a switch was asked for is the attempt's to say, in words of its own.
    this.#decoder.expect({ method, mayUpgrade: true });
  }

  /** Returns the bytes behind the first answer. */
  #take(chunk: Buffer): Buffer {
    // What nobody asked for, after which nothing that comes could be trusted.
    if (this.#line.first === undefined) {
      this.destroy();
      return NOTHING;
    }
    // Nothing that begins otherwise ever becomes an answer, nor has to have an end to its line.
    if (!this.#hasBegun && chunk[0] !== FIRST_BYTE) throw new SallyportError('upstream_protocol', 'no HTTP');
    this.#hasBegun = true;
    const taken = this.#decoder.decode(chunk);
    const rest = taken === chunk.length ? NOTHING : chunk.subarray(taken);
    if (this.#trailers !== undefined) this.#settle(rest);
    return rest;
  }

  #onHead(head: ResponseHead): void {
    this.#head = head;
    if (isLong(head.body)) this.#breakUp();
    if (head.status !== 101) this.#line.first?.onHead(head.status, head.headers);
  }

  #onBody(bytes: Buffer): void {
    if (!this.#line.take(bytes.length)) this.#breakUp();
    this.#line.first?.onData(bytes);
  }

  /** Those behind the first in line go elsewhere. */
  #breakUp(): void {
    if (this.#line.length <= 1) return;
    this.#line.breakUp();
    this.#dropUnwanted();
  }

  /** Where the only one in line has given up, nobody is left to read for. */
  #dropUnwanted(): void {
    if (this.#line.length === 1 && this.#line.first?.isOver === true) this.leave();
  }

  /** The answer is whole; `rest` came behind it. */
  #settle(rest: Buffer): void {
    const [attempt, head, trailers = []] = [this.#line.shift(), this.#head, this.#trailers];
    this.#head = undefined;
    this.#trailers = undefined;
    if (attempt === undefined || head === undefined) {
      this.destroy();
      return;
    }
    if (head.status === 101) {
      this.#line.disband();
      this.#handOver(attempt, head.headers, rest);
      return;
    }
    const next = this.#line.first;
    const isWhole = attempt.isSent && (rest.length === 0 || next !== undefined) && !this.#socket.destroyed;
    const isReusable = head.isKeepAlive && isWhole && !attempt.head.isFresh && !this.#line.isBrokenUp;
    this.#line.isProven = head.version === 'HTTP/1.1';
    if (!isReusable) this.destroy();
    else if (next === undefined) {
      this.#socket.resume();
      this.#events.onIdle(this, keepAliveOf(head.headers));
    } else {
      this.#expect(next);
      this.#dropUnwanted();
    }
    attempt.onEnd(trailers);
  }

  #handOver(attempt: RawAttempt, headers: FlatHeaders, rest: Buffer): void {
    const socket = this.#socket;
    for (const [event, listener] of [
      ['data', this.#onData],
      ['drain', this.#onDrain],
      ['end', this.#onEnd],
      ['error', this.#onError],
      ['close', this.#onClose],
    ] as const)
      socket.off(event, listener);
    this.#gone();
    // From flowing to undecided, so that whoever listens next starts the flow, and nothing is lost until then.
    socket.pause();
    socket.on('readable', nothing);
    if (rest.length > 0) socket.unshift(rest);
    socket.off('readable', nothing);
    setImmediate(() => attempt.onUpgrade(headers, socket));
  }

  #break(error: SallyportError | NodeJS.ErrnoException): void {
    const attempt = this.#line.shift();
    this.destroy();
    attempt?.onBroken(error);
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#events.onGone(this);
  }
}

/** `Keep-Alive: timeout=5`, in milliseconds. */
function keepAliveOf(headers: FlatHeaders): number | undefined {
  const value = headerValue(headers, 'keep-alive');
  const seconds = value === undefined ? undefined : /(?:^|[,;\s])timeout=(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
