// The request body on its way into undici: a push-only stream, just as much of one as undici's HTTP/1.1 writer uses
// (on, off, pause, resume, destroy). While the socket has room a chunk goes from `push` to the socket in one call;
// Node's Readable would cost a queue and two ticks a chunk.
import { EventEmitter } from 'node:events';

export class RequestBody extends EventEmitter {
  destroyed = false;
  #isFlowing = false;
  #isEnded = false;
  #isFlushing = false;
  /** Chunks pushed while nobody took them: before the connection is there, or past a refusal to take more. */
  #waiting: Buffer[] = [];
  #mustTellDrain = false;
  readonly #onDrain: () => void;

  /** `onDrain` is called after `push` returned false, once there is room again. */
  constructor(onDrain: () => void) {
    super();
    this.#onDrain = onDrain;
  }

  /** Whether `push` has returned false and `onDrain` is still to come. */
  get isBlocked(): boolean {
    return this.#mustTellDrain;
  }

  /** False: nobody takes more for now; stop until `onDrain`. */
  push(chunk: Buffer): boolean {
    if (this.destroyed || this.#isEnded) return true;
    if (this.#isFlowing && this.#waiting.length === 0) this.emit('data', chunk);
    else this.#waiting.push(chunk);
    if (this.#isFlowing) return true;
    this.#mustTellDrain = true;
    return false;
  }

  end(): void {
    if (this.destroyed || this.#isEnded) return;
    this.#isEnded = true;
    if (this.#isFlowing) this.#flushLater();
  }

  /** Called by undici once it listens, and whenever the socket has drained. */
  resume(): this {
    this.#isFlowing = true;
    this.#flushLater();
    return this;
  }

  pause(): this {
    this.#isFlowing = false;
    return this;
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#waiting = [];
    if (error !== undefined && this.listenerCount('error') > 0) this.emit('error', error);
    this.emit('close');
    return this;
  }

  /** Only its presence is asked for: undici takes what has `pipe` and `on` for a stream. */
  pipe(): never {
    throw new Error('a request body is not piped');
  }

  // Never in the same call as `resume`: undici adds its socket listeners after it, and would leak them were the body
  // to end in between.
  #flushLater(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#isFlowing && !this.destroyed) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) break;
      this.emit('data', chunk);
    }
    if (!this.#isFlowing || this.destroyed) return;
    if (this.#isEnded) this.emit('end');
    else if (this.#mustTellDrain) {
      this.#mustTellDrain = false;
      this.#onDrain();
    }
  }
}
