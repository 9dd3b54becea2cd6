// A head out of chunks. One that lies whole in a chunk is read where it lies; the pieces of any other are gathered, at
// most `maxHeadBytes` of them.
import { SallyportError } from '../core/errors.ts';
import { HeadScanner } from './head-scanner.ts';
import type { HeadLimits } from './limits.ts';

/** Judges the first line of a head. */
export interface StartLine {
  /** Most bytes of the line with its end, and what to throw beyond. */
  readonly maxBytes: number;
  refuseLength(): never;
  /** The line is `bytes[from, to)` without its end. Throws when malformed. */
  parse(bytes: Uint8Array, from: number, to: number): void;
}

export class HeadReader {
  /** The complete head as latin1 text; '' until there is one. */
  text = '';

  readonly #limits: HeadLimits;
  readonly #startLine: StartLine | undefined;
  readonly #scanner: HeadScanner;
  #isStarted: boolean;
  #held: Buffer | undefined;
  #heldBytes = 0;

  /** Without a start line it reads a trailer section. */
  constructor(limits: HeadLimits, startLine: StartLine | undefined) {
    this.#limits = limits;
    this.#startLine = startLine;
    this.#scanner = new HeadScanner(limits, startLine !== undefined);
    this.#isStarted = startLine === undefined;
  }

  /** Whether no byte of the head has come yet. */
  get isEmpty(): boolean {
    return this.#scanner.position === 0;
  }

  /** Ready for the next head. */
  reset(): void {
    this.text = '';
    this.#scanner.reset();
    this.#isStarted = this.#startLine === undefined;
    this.#held = undefined;
    this.#heldBytes = 0;
  }

  /** Reads on from `chunk[from]`; returns the position behind the head, or -1 when the chunk ends before it does. */
  read(chunk: Buffer, from: number): number {
    if (this.#held !== undefined) return this.#readHeld(chunk, from);
    const to = Math.min(chunk.length, from + this.#limits.maxHeadBytes);
    if (this.#scan(chunk, from, to)) return from + this.#scanner.position;
    this.#hold(chunk, from, to);
    return -1;
  }

  /** `[name, value, …]` of the complete head. */
  fields(): string[] {
    const { text } = this;
    const { marks, marked } = this.#scanner;
    const fields: string[] = [];
    for (let i = 0; i < marked; i += 4)
      fields.push(text.slice(marks[i], marks[i + 1]), text.slice(marks[i + 2], marks[i + 3]));
    return fields;
  }

  #readHeld(chunk: Buffer, from: number): number {
    const before = this.#heldBytes;
    const to = Math.min(chunk.length, from + this.#limits.maxHeadBytes - before);
    const held = this.#hold(chunk, from, to);
    return this.#scan(held, 0, this.#heldBytes) ? from + this.#scanner.position - before : -1;
  }

  /** True at the end of the head; throws where the limits are reached before it. */
  #scan(bytes: Buffer, base: number, to: number): boolean {
    const scanner = this.#scanner;
    let found = this.#isStarted ? scanner.scan(bytes, base, to) : this.#scanStartLine(bytes, base, to);
    if (found === 'start_line') found = scanner.scan(bytes, base, to);
    if (found === 'end') {
      this.text = bytes.toString('latin1', base, base + scanner.position);
      this.#held = undefined;
      return true;
    }
    if (scanner.position >= this.#limits.maxHeadBytes) throw new SallyportError('headers_too_large');
    return false;
  }

  #scanStartLine(bytes: Buffer, base: number, to: number): 'more' | 'start_line' | 'end' {
    const line = this.#startLine;
    if (line === undefined) return this.#scanner.scan(bytes, base, to);
    const found = this.#scanner.scan(bytes, base, Math.min(to, base + line.maxBytes));
    if (found === 'start_line') {
      line.parse(bytes, base, base + this.#scanner.position - 2);
      this.#isStarted = true;
    } else if (this.#scanner.position >= line.maxBytes) line.refuseLength();
    return found;
  }

  #hold(chunk: Buffer, from: number, to: number): Buffer {
    const bytes = this.#heldBytes + to - from;
    let held = this.#held;
    if (held === undefined || held.length < bytes) {
      // Doubling keeps the copying of a head that comes byte by byte linear.
      const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(bytes * 2, 256), this.#limits.maxHeadBytes));
      held?.copy(larger, 0, 0, this.#heldBytes);
      held = larger;
    }
    chunk.copy(held, this.#heldBytes, from, to);
    this.#held = held;
    this.#heldBytes = bytes;
    return held;
  }
}
