// The one pass over the bytes of a head: judges the syntax of every field line and notes where names and values are.
// It can stop at any byte and go on later, so a byte is looked at once however slowly it comes (RFC 9112 2.1, 5).
import { SallyportError } from '../core/errors.ts';
import { CR, FIELD_VALUE, HTAB, LF, PLAIN_NAME, SP, TOKEN } from './grammar.ts';
import type { HeadLimits } from './limits.ts';
import { refuseDisguise, refuseTabbedCoding } from './disguise.ts';

const START_LINE = 0;
const START_LF = 1;
const LINE = 2;
const NAME = 3;
const ODD_NAME = 4;
const BEFORE_VALUE = 5;
const VALUE = 6;
const FIELD_LF = 7;
const LAST_LF = 8;

/** What `scan` found: more bytes are needed; the start line is complete; the head is complete. */
export type Scanned = 'more' | 'start_line' | 'end';

/** One head or trailer section at a time. All positions are relative to its first byte. */
export class HeadScanner {
  /** First position not scanned yet; after `start_line` and `end` just behind the line feed. */
  position = 0;
  /** Four positions a field: name from and to, value from and to (white space around it not included). */
  readonly marks: number[] = [];
  /** How many of `marks` are in use. */
  marked = 0;

  readonly #limits: HeadLimits;
  readonly #first: number;
  #state: number;
  #fields = 0;
  #nameFrom = 0;
  #nameTo = 0;
  #valueFrom = 0;
  #isOdd = false;

  constructor(limits: HeadLimits, hasStartLine: boolean) {
    this.#limits = limits;
    this.#first = hasStartLine ? START_LINE : LINE;
    this.#state = this.#first;
  }

  /** Ready for the next head. */
  reset(): void {
    this.position = 0;
    this.marked = 0;
    this.#fields = 0;
    this.#state = this.#first;
  }

  /** Goes on over `bytes` up to `to`, where the head begins at `base`. Throws bad_request_line, bad_header…, 431. */
  scan(bytes: Uint8Array, base: number, to: number): Scanned {
    let i = base + this.position;
    let state = this.#state;
    while (i < to) {
      switch (state) {
        case START_LINE:
          while (i < to && FIELD_VALUE[bytes[i] as number] === 1) i++;
          if (i === to) break;
          if (bytes[i] !== CR) throw new SallyportError('bad_request_line', 'control character');
          i++;
          state = START_LF;
          break;
        case START_LF:
          if (bytes[i] !== LF) throw new SallyportError('bad_request_line', 'CR without LF');
          this.position = i + 1 - base;
          this.#state = LINE;
          return 'start_line';
        case LINE:
          if (bytes[i] === CR) {
            i++;
            state = LAST_LF;
            break;
          }
          if (++this.#fields > this.#limits.maxHeaders)
            throw new SallyportError('headers_too_large', 'too many fields');
          this.#nameFrom = i - base;
          this.#isOdd = false;
          state = NAME;
          break;
        case NAME:
          while (i < to && PLAIN_NAME[bytes[i] as number] === 1) i++;
          if (i === to) break;
          if (bytes[i] === 0x3a && i - base > this.#nameFrom) {
            this.#nameTo = i - base;
            i++;
            state = BEFORE_VALUE;
            break;
          }
          this.#expectOddName(bytes[i] as number);
          state = ODD_NAME;
          break;
        case ODD_NAME:
          while (i < to && TOKEN[bytes[i] as number] === 1) i++;
          if (i === to) break;
          if (bytes[i] !== 0x3a) throw new SallyportError('bad_header', 'no colon after the name');
          this.#nameTo = i - base;
          i++;
          state = BEFORE_VALUE;
          break;
        case BEFORE_VALUE:
          while (i < to && (bytes[i] === SP || bytes[i] === HTAB)) i++;
          if (i === to) break;
          this.#valueFrom = i - base;
          state = VALUE;
          break;
        case VALUE:
          while (i < to && FIELD_VALUE[bytes[i] as number] === 1) i++;
          if (i === to) break;
          if (bytes[i] !== CR) throw new SallyportError('bad_header', 'control character in a value');
          this.#mark(bytes, base, i);
          i++;
          state = FIELD_LF;
          break;
        case FIELD_LF:
          if (bytes[i] !== LF) throw new SallyportError('bad_header', 'CR without LF');
          i++;
          state = LINE;
          break;
        default:
          if (bytes[i] !== LF) throw new SallyportError('bad_header', 'CR without LF');
          this.position = i + 1 - base;
          return 'end';
      }
    }
    this.position = i - base;
    this.#state = state;
    return 'more';
  }

  /** A name goes on with a byte outside `[A-Za-z0-9-]`: an error, unless it is a token character and they may. */
  #expectOddName(byte: number): void {
    if (TOKEN[byte] !== 1)
      throw new SallyportError('bad_header', 'no colon after the name, or a folded line');
    if (this.#limits.underscores === 'reject') throw new SallyportError('bad_header_name');
    this.#isOdd = true;
  }

  #mark(bytes: Uint8Array, base: number, end: number): void {
    if (this.#isOdd) {
      if (this.#limits.underscores === 'drop') return;
      refuseDisguise(String.fromCharCode(...bytes.subarray(base + this.#nameFrom, base + this.#nameTo)));
    }
    let to = end - base;
    let hasTab = false;
    for (; to > this.#valueFrom; to--) {
      const byte = bytes[base + to - 1];
      if (byte === HTAB) hasTab = true;
      else if (byte !== SP) break;
    }
    if (hasTab) refuseTabbedCoding(bytes, base + this.#nameFrom, base + this.#nameTo);
    const { marks } = this;
    marks[this.marked++] = this.#nameFrom;
    marks[this.marked++] = this.#nameTo;
    marks[this.marked++] = this.#valueFrom;
    marks[this.marked++] = to;
  }
}
