// One verified connection to an app that carries one request at a time, read by our own strict decoder. Any doubt about
// where an answer ends, and it is not used again.
import type { Socket } from 'node:net';
import { SallyportError } from '../core/errors.ts';
import { type FlatHeaders, headerValue } from '../core/flat-headers.ts';
import type { HeadLimits } from '../http1/limits.ts';
import { ResponseDecoder } from '../http1/response-decoder.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { RawAttempt } from './raw-attempt.ts';

export interface RawConnectionEvents {
  /** It can carry the next request, for so long (milliseconds; undefined: the app does not say). */
  onIdle(connection: RawConnection, keepAliveMs: number | undefined): void;
  /** It is closed, or somebody else's. Once. */
  onGone(connection: RawConnection): void;
}

/** Of `HTTP/1.1`. */
const FIRST_BYTE = 0x48;
const CRLF = Buffer.from('\r\n');
const nothing = (): void => {};
const LAST_CHUNK = '0\r\n\r\n';

export class RawConnection {
  readonly #socket: Socket;
  readonly #events: RawConnectionEvents;
  readonly #decoder: ResponseDecoder;
  #attempt: RawAttempt | undefined;
  #isChunked = false;
  /** Whether a byte of the answer has come. */
  #hasBegun = false;
  #head: ResponseHead | undefined;
  #trailers: FlatHeaders | undefined;
  #error: NodeJS.ErrnoException | undefined;
  #isGone = false;
  /** `performance.now()`: when an idle one is to be closed. */
  idleUntil = Infinity;

  constructor(socket: Socket, limits: HeadLimits, events: RawConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#decoder = new ResponseDecoder(limits, {
      onInformational: (status, headers) => this.#attempt?.onInformational(status, headers),
      onHead: (head) => this.#onHead(head),
      onData: (bytes) => this.#attempt?.onData(bytes),
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

  /** `headText` is complete, with its framing; `isChunked`: the body goes in chunks. */
  start(attempt: RawAttempt, headText: string, isChunked: boolean): void {
    this.#attempt = attempt;
    this.#isChunked = isChunked;
    this.#head = undefined;
    this.#trailers = undefined;
    this.#hasBegun = false;
    // Whether a switch was asked for is the attempt's to say, in words of its own.
    this.#decoder.expect({ method: attempt.head.method, mayUpgrade: true });
    this.#socket.write(headText, 'latin1');
    attempt.start(this);
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

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#attempt = undefined;
    this.#socket.destroy();
    this.#gone();
  }

  readonly #onData = (chunk: Buffer): void => {
    // What nobody asked for, after which nothing that comes could be trusted.
    if (this.#attempt === undefined) {
      this.destroy();
      return;
    }
    try {
      // Nothing that begins otherwise ever becomes an answer, nor has to have an end to its line.
      if (!this.#hasBegun && chunk[0] !== FIRST_BYTE)
        throw new SallyportError('upstream_protocol', 'no HTTP');
      this.#hasBegun = true;
      const taken = this.#decoder.decode(chunk);
      if (this.#trailers !== undefined) this.#settle(chunk.subarray(taken));
    } catch (error) {
      this.#break(error instanceof SallyportError ? error : new SallyportError('internal', undefined, error));
    }
  };

  readonly #onDrain = (): void => this.#attempt?.onDrain();

  readonly #onEnd = (): void => {
    try {
      this.#decoder.finish();
      if (this.#trailers === undefined) this.destroy();
      else this.#settle(Buffer.alloc(0));
    } catch (error) {
      this.#break(error as SallyportError);
    }
  };

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#error = error;
    this.#break(error);
  };

  readonly #onClose = (): void => this.#break(this.#error ?? new SallyportError('upstream_reset', 'closed'));

  #onHead(head: ResponseHead): void {
    this.#head = head;
    if (head.status !== 101) this.#attempt?.onHead(head.status, head.headers);
  }

  /** The answer is whole; `rest` came behind it. */
  #settle(rest: Buffer): void {
    const [attempt, head, trailers = []] = [this.#attempt, this.#head, this.#trailers];
    this.#attempt = undefined;
    this.#trailers = undefined;
    if (attempt === undefined || head === undefined) {
      this.destroy();
      return;
    }
    if (head.status === 101) {
      this.#handOver(attempt, head.headers, rest);
      return;
    }
    const isWhole = attempt.isSent && rest.length === 0 && !this.#socket.destroyed;
    const isReusable = head.isKeepAlive && isWhole && !attempt.head.isFresh;
    if (!isReusable) this.destroy();
    else {
      this.#socket.resume();
      this.#events.onIdle(this, keepAliveOf(head.headers));
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
    const attempt = this.#attempt;
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
