// Steps over a chunked body (RFC 9112 7.1) without keeping any of it. Finds the end; refuses what it cannot follow.

type State = 'size' | 'extension' | 'data' | 'data-end' | 'trailer' | 'done';

const CR = 13;
const LF = 10;
const SEMICOLON = 59;
const MAX_LINE_BYTES = 16_384;
const HEX = /^[0-9a-fA-F]{1,13}$/;

/** One body; make another for the next. */
export class ChunkedBody {
  #state: State = 'size';
  #digits = '';
  #remaining = 0;
  #lineBytes = 0;

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Reads on from `start` up to `end` and returns the offset after the last byte that belongs to this body. */
  skip(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#state !== 'done') {
      if (this.#state === 'data') {
        const taken = Math.min(this.#remaining, end - at);
        this.#remaining -= taken;
        at += taken;
        if (this.#remaining === 0) this.#startLine('data-end');
      } else this.#readByte(bytes[at++] ?? 0);
    }
    return at;
  }

  #startLine(state: State): void {
    this.#state = state;
    this.#lineBytes = 0;
  }

  #readByte(byte: number): void {
    if (byte === LF) return this.#endLine();
    if (byte === CR) return;
    if (++this.#lineBytes > MAX_LINE_BYTES) throw new Error('a line of the chunked body is too long');
    if (this.#state === 'data-end') throw new Error('a chunk is longer than its size');
    if (this.#state === 'size') {
      if (byte === SEMICOLON) this.#state = 'extension';
      else this.#digits += String.fromCharCode(byte);
    }
  }

  #endLine(): void {
    if (this.#state === 'data-end') return this.#startLine('size');
    if (this.#state === 'trailer') return this.#startLine(this.#lineBytes === 0 ? 'done' : 'trailer');
    const digits = this.#digits.trimEnd();
    if (!HEX.test(digits)) throw new Error('a chunk size is not a number');
    this.#remaining = Number.parseInt(digits, 16);
    this.#digits = '';
    this.#startLine(this.#remaining === 0 ? 'trailer' : 'data');
  }
}
