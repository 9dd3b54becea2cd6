// The first line of a response: `HTTP/1.x SP status SP [reason]` (RFC 9112 4). The reason is read by nobody.
import { SallyportError } from '../core/errors.ts';
import { SP } from './grammar.ts';
import type { StartLine } from './head-reader.ts';

/** `HTTP/1.` */
const PREFIX = [0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e] as const;
const ZERO = 0x30;
const STATUS_FROM = 9;
const STATUS_TO = 12;

/** One for each decoder, filled anew for each response. */
export class StatusLine implements StartLine {
  readonly maxBytes = 4096;
  status = 0;
  isHttp11 = true;

  refuseLength(): never {
    throw new SallyportError('headers_too_large', 'status line');
  }

  /** Throws bad_request_line (the decoder makes it the upstream's fault). */
  parse(bytes: Uint8Array, from: number, to: number): void {
    for (let i = 0; i < PREFIX.length; i++) if (bytes[from + i] !== PREFIX[i]) refuse('not HTTP/1');
    const minor = bytes[from + PREFIX.length];
    if (minor !== ZERO && minor !== ZERO + 1) refuse('version');
    this.isHttp11 = minor === ZERO + 1;
    this.status = 0;
    for (let i = STATUS_FROM; i < STATUS_TO; i++) {
      const digit = from + i < to ? (bytes[from + i] as number) - ZERO : -1;
      if (digit < 0 || digit > 9) refuse('status');
      this.status = this.status * 10 + digit;
    }
    // RFC 9112 wants the space even before an empty reason, but many applications leave it out and nobody is misled.
    const hasEnd = to - from === STATUS_TO || bytes[from + STATUS_TO] === SP;
    if (bytes[from + STATUS_FROM - 1] !== SP || !hasEnd || this.status < 100 || this.status > 599)
      refuse('status');
  }
}

function refuse(what: string): never {
  throw new SallyportError('bad_request_line', `status line: ${what}`);
}
