// Protocol Buffers as bytes: what OTLP needs of them, written in one pass into one buffer.

export const VARINT = 0;
const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** More than a tag with the longest varint or fixed number takes. */
const SPARE_BYTES = 16;

/** Characters. */
const MAX_SHORT = 48;

export class ProtoWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written; valid until more is. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins a message in `field`; `end` with what this returns finishes it. */
  begin(field: number): number {
    this.#tag(field, LENGTH_DELIMITED, 1);
    // For a length up to 127; `end` makes room where it is more.
    this.#length++;
    return this.#length;
  }

  end(begun: number): void {
    const length = this.#length - begun;
    const more = varintBytes(length) - 1;
    if (more > 0) {
      this.#reserve(more);
      this.#bytes.copyWithin(begun + more, begun, this.#length);
    }
    this.#length = begun - 1;
    this.#varint(length);
    this.#length += length;
  }

  text(field: number, value: string): void {
    const begun = this.begin(field);
    // Three bytes are the most that a UTF-16 unit becomes.
    this.#reserve(value.length * 3);
    if (value.length > MAX_SHORT || !this.#ascii(value))
      this.#length += this.#bytes.write(value, this.#length, 'utf8');
    this.end(begun);
  }

  /** Character by character, which for a short text is cheaper than a call. False: it is not ASCII, nothing is done. */
  #ascii(value: string): boolean {
    const { length } = value;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 127) return false;
      this.#bytes[this.#length + i] = unit;
    }
    this.#length += length;
    return true;
  }

  /** Bytes, given as hex. */
  hex(field: number, value: string): void {
    this.#tag(field, LENGTH_DELIMITED, value.length);
    this.#varint(value.length / 2);
    this.#length += this.#bytes.write(value, this.#length, 'hex');
  }

  /** Fields that are written already. */
  append(fields: Buffer): void {
    this.#reserve(fields.length);
    this.#bytes.set(fields, this.#length);
    this.#length += fields.length;
  }

  /** Not negative, at most 2^53 - 1. */
  integer(field: number, value: number): void {
    this.#tag(field, VARINT, 0);
    this.#varint(value);
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, FIXED32, 0);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  fixed64(field: number, value: bigint): void {
    this.#tag(field, FIXED64, 0);
    this.#length = this.#bytes.writeBigUInt64LE(value, this.#length);
  }

  #tag(field: number, type: number, valueBytes: number): void {
    this.#reserve(valueBytes);
    this.#varint(field * 8 + type);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes + SPARE_BYTES;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
