// The first line of a request: `method SP target SP version`, one space each and nothing else (RFC 9112 3).
import { SallyportError } from '../core/errors.ts';
import { METHOD, PATH, QUERY, SP } from './grammar.ts';
import type { StartLine } from './head-reader.ts';

/** No registered method is longer than 17. */
const MAX_METHOD_BYTES = 32;
const QUESTION_MARK = 0x3f;
const ZERO = 0x30;
const ONE = 0x31;
/** `HTTP/1.1` */
const VERSION_BYTES = 8;
/** `HTTP/` */
const PREFIX = [0x48, 0x54, 0x54, 0x50, 0x2f] as const;
const DOT = 0x2e;

/** Positions within the head, and the version. One for each decoder, filled anew for each request. */
export class RequestLine implements StartLine {
  readonly maxBytes: number;
  methodTo = 0;
  targetFrom = 0;
  targetTo = 0;
  isHttp11 = true;

  readonly #maxTargetBytes: number;

  constructor(maxTargetBytes: number) {
    this.#maxTargetBytes = maxTargetBytes;
    this.maxBytes = MAX_METHOD_BYTES + 1 + maxTargetBytes + 1 + VERSION_BYTES + 2;
  }

  refuseLength(): never {
    throw new SallyportError('uri_too_long');
  }

  /** Throws bad_request_line, bad_target, uri_too_long, version_not_supported. */
  parse(bytes: Uint8Array, from: number, to: number): void {
    let i = from;
    while (i < to && METHOD[bytes[i] as number] === 1) i++;
    this.methodTo = i - from;
    if (i === to || bytes[i] !== SP || i === from || this.methodTo > MAX_METHOD_BYTES)
      throw new SallyportError('bad_request_line', 'method');
    i++;
    this.targetFrom = i - from;
    while (i < to && PATH[bytes[i] as number] === 1 && bytes[i] !== QUESTION_MARK) i++;
    if (bytes[i] === QUESTION_MARK) while (i < to && QUERY[bytes[i] as number] === 1) i++;
    this.targetTo = i - from;
    if (i === to) throw new SallyportError('bad_request_line', 'no version');
    if (bytes[i] !== SP) throw new SallyportError('bad_target', 'character that must be encoded');
    if (this.targetTo === this.targetFrom) throw new SallyportError('bad_request_line', 'two spaces');
    if (this.targetTo - this.targetFrom > this.#maxTargetBytes) throw new SallyportError('uri_too_long');
    this.#parseVersion(bytes, i + 1, to);
  }

  #parseVersion(bytes: Uint8Array, from: number, to: number): void {
    const major = bytes[from + 5] ?? 0;
    const minor = bytes[from + 7] ?? 0;
    for (let i = 0; i < PREFIX.length; i++)
      if (bytes[from + i] !== PREFIX[i]) throw new SallyportError('bad_request_line', 'version');
    if (to - from !== VERSION_BYTES || bytes[from + 6] !== DOT || !isDigit(major) || !isDigit(minor))
      throw new SallyportError('bad_request_line', 'version');
    if (major !== ONE || (minor !== ONE && minor !== ZERO)) throw new SallyportError('version_not_supported');
    this.isHttp11 = minor === ONE;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}
