// Gathers what one turn of the event loop has to say to a client and says it in one write: one buffer, one TLS record
// where it fits, one system call. Large chunks are passed on uncopied.
import type { Duplex } from 'node:stream';

/** Larger ones are put together natively, where the copy is no garbage for V8. */
const MAX_JOINED_BYTES = 32 * 1024;

/** Waiting bytes beyond which they are written at once. */
const FLUSH_BYTES = 64 * 1024;

export interface H1OutputHooks {
  /** Right before a turn's bytes are written: the last moment to say something first. */
  beforeFlush(): void;
  /** What was written did not all go out: `isBlocked`. */
  onBlocked(): void;
}

export class H1Output {
  readonly #socket: Duplex;
  readonly #hooks: H1OutputHooks;
  #isAwake = false;
  #pieces: (string | Buffer)[] = [];
  #bytes = 0;
  /** The socket's buffer is full: wait for its 'drain'. */
  isBlocked = false;

  constructor(socket: Duplex, hooks: H1OutputHooks) {
    this.#socket = socket;
    this.#hooks = hooks;
  }

  /** To be written at the end of this turn, or at once where much is waiting. Strings are latin1. */
  push(piece: string | Buffer): void {
    this.#gather(piece);
    if (this.#bytes >= FLUSH_BYTES) this.flush();
    else this.wake();
  }

  /** To be written at once, with all that is waiting. */
  pushNow(piece: Buffer): void {
    this.#gather(piece);
    this.flush();
  }

  /** Something is to be written in this turn, even if nothing was pushed yet. */
  wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    if (awake.push(this) === 1) setImmediate(endOfTurn);
  }

  /** At the end of a turn in which it was woken. */
  endTurn(): void {
    this.#isAwake = false;
    this.#hooks.beforeFlush();
    this.flush();
  }

  #gather(piece: string | Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  flush(): void {
    if (!this.#socket.writable) return;
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    const bytes = this.#bytes;
    this.#pieces = [];
    this.#bytes = 0;
    const [first] = pieces;
    if (pieces.length === 1 && first !== undefined) this.isBlocked = !this.#write(first);
    else if (bytes <= MAX_JOINED_BYTES) this.isBlocked = !this.#socket.write(join(pieces, bytes));
    else {
      this.#socket.cork();
      for (const piece of pieces) this.isBlocked = !this.#write(piece);
      this.#socket.uncork();
    }
    if (this.isBlocked) this.#hooks.onBlocked();
  }

  #write(piece: string | Buffer): boolean {
    return typeof piece === 'string' ? this.#socket.write(piece, 'latin1') : this.#socket.write(piece);
  }
}

/** Of all connections: one immediate a turn serves them all. What was flushed meanwhile costs nothing any more. */
let awake: H1Output[] = [];

function endOfTurn(): void {
  const outputs = awake;
  awake = [];
  for (const output of outputs) output.endTurn();
}

function join(pieces: readonly (string | Buffer)[], bytes: number): Buffer {
  const joined = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const piece of pieces)
    at += typeof piece === 'string' ? joined.write(piece, at, 'latin1') : piece.copy(joined, at);
  return joined;
}
