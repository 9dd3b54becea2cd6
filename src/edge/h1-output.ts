// Gathers what one turn of the event loop has to say to a client and says it in one write: one buffer, one TLS record
// where it fits, one system call. Large chunks are passed on uncopied.
import type { Duplex } from 'node:stream';

/** Above this a copy costs more than a second write. */
const MAX_JOINED_BYTES = 64 * 1024;

export class H1Output {
  readonly #socket: Duplex;
  #pieces: (string | Buffer)[] = [];
  #bytes = 0;
  /** The socket's buffer is full: wait for its 'drain'. */
  isBlocked = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Bytes waiting for `flush`. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Strings are latin1. */
  push(piece: string | Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  flush(): void {
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
  }

  #write(piece: string | Buffer): boolean {
    return typeof piece === 'string' ? this.#socket.write(piece, 'latin1') : this.#socket.write(piece);
  }
}

function join(pieces: readonly (string | Buffer)[], bytes: number): Buffer {
  const joined = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const piece of pieces)
    at += typeof piece === 'string' ? joined.write(piece, at, 'latin1') : piece.copy(joined, at);
  return joined;
}
