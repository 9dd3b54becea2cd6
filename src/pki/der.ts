// A bounded reader of DER (X.690): definite lengths only, nothing past the end of what holds it. For what is too large
// for a tree of objects, a revocation list above all.

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

export interface Element {
  readonly tag: number;
  /** Offsets into the whole buffer: of the tag, of the content, past the content. */
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

/** Walks over the elements of one content, in order. Every method throws RangeError on what is no DER. */
export class DerCursor {
  readonly der: Buffer;
  #at: number;
  readonly #end: number;

  constructor(der: Buffer, from = 0, to = der.length) {
    this.der = der;
    this.#at = from;
    this.#end = to;
  }

  get isDone(): boolean {
    return this.#at >= this.#end;
  }

  /** The tag of what comes next; undefined at the end. */
  get tag(): number | undefined {
    return this.isDone ? undefined : this.der[this.#at];
  }

  /** The next element; it must have this tag, where one is given. */
  next(tag?: number): Element {
    const start = this.#at;
    const found = this.#byte(start);
    if ((found & 0x1f) === 0x1f) throw new RangeError('a tag of several bytes');
    if (tag !== undefined && found !== tag) throw new RangeError(`tag ${found} where ${tag} belongs`);
    const first = this.#byte(start + 1);
    let from = start + 2;
    let length = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count === 0 || count > 4) throw new RangeError('a length that is not definite');
      length = 0;
      for (let index = 0; index < count; index++) length = length * 256 + this.#byte(from++);
    }
    const to = from + length;
    if (to > this.#end) throw new RangeError('an element beyond the end of what holds it');
    this.#at = to;
    return { tag: found, start, from, to };
  }

  /** The next element if it has this tag. */
  optional(tag: number): Element | undefined {
    return this.tag === tag ? this.next(tag) : undefined;
  }

  /** Over the content of an element. */
  within({ from, to }: Element): DerCursor {
    return new DerCursor(this.der, from, to);
  }

  /** Throws when something is left. */
  finish(): void {
    if (!this.isDone) throw new RangeError('bytes after the end');
  }

  #byte(at: number): number {
    const byte = at < this.#end ? this.der[at] : undefined;
    if (byte === undefined) throw new RangeError('ends too early');
    return byte;
  }
}

/** The bytes with their tag and length. */
export function wholeOf(der: Buffer, { start, to }: Element): Buffer {
  return der.subarray(start, to);
}

export function contentOf(der: Buffer, { from, to }: Element): Buffer {
  return der.subarray(from, to);
}

/** The content of an INTEGER as hex of whole bytes without leading zeros, `-01` for -1: as certificates' serials are told. */
export function integerHex(der: Buffer, from = 0, to = der.length): string {
  const first = der[from];
  if (first === undefined || from >= to) throw new RangeError('an integer without a digit');
  if (first >= 0x80) return `-${magnitude(der.subarray(from, to))}`;
  let at = from;
  while (at < to - 1 && der[at] === 0) at++;
  return der.toString('hex', at, to);
}

/** Of a negative number in two's complement. */
function magnitude(bytes: Buffer): string {
  const digits = ((1n << BigInt(bytes.length * 8)) - BigInt(`0x${bytes.toString('hex')}`)).toString(16);
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}

const TIME = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;

/** UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 has them, in milliseconds since the epoch. */
export function timeOf(der: Buffer, { tag, from, to }: Element): number {
  const text = der.toString('latin1', from, to);
  const [, year = '', ...rest] = TIME.exec(text) ?? [];
  const isRight = tag === TAG.utcTime ? year.length === 2 : tag === TAG.generalizedTime && year.length === 4;
  if (!isRight) throw new RangeError(`'${text.replaceAll(/[^\x20-\x7e]/g, '?')}' is no time`);
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = rest.map(Number);
  if (month < 1 || month > 12 || day < 1 || day > 31) throw new RangeError('a day that does not exist');
  const full = year.length === 4 ? Number(year) : Number(year) + (Number(year) < 50 ? 2000 : 1900);
  return Date.UTC(full, month - 1, day, hour, minute, second);
}
