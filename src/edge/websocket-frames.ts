// Where WebSocket frames end (RFC 6455 5.2) in bytes that are passed on unread: a close frame of our own may only stand
// between two of them.

/** A close frame from a server: 1008, "policy violation" (RFC 6455 7.4.1), and why in words. */
export const POLICY_VIOLATION = closeFrame(1008, 'access was taken back');

/** Text of at most 123 bytes. */
function closeFrame(code: number, text: string): Buffer {
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(text)]);
  return Buffer.concat([Buffer.from([0x88, payload.length]), payload]);
}

export class WebsocketFrames {
  readonly #head = Buffer.alloc(14);
  #headLength = 0;
  /** Bytes of the payload that are still to come. */
  #left = 0;

  /** Whether the last frame is whole and no next one has begun. */
  get isBetween(): boolean {
    return this.#left === 0 && this.#headLength === 0;
  }

  /** Follows the bytes. Returns the offset of the first end of a frame in them; undefined: there is none. */
  take(chunk: Buffer): number | undefined {
    let firstEnd: number | undefined;
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        this.#head[this.#headLength++] = chunk[at++] ?? 0;
        if (this.#headLength < this.#headSize) continue;
        this.#left = this.#payloadLength;
        this.#headLength = 0;
      }
      if (this.#left === 0) firstEnd ??= at;
    }
    return firstEnd;
  }

  get #headSize(): number {
    if (this.#headLength < 2) return 2;
    const second = this.#head.readUInt8(1);
    const short = second & 0x7f;
    return 2 + (short === 127 ? 8 : short === 126 ? 2 : 0) + (second >= 0x80 ? 4 : 0);
  }

  get #payloadLength(): number {
    const short = this.#head.readUInt8(1) & 0x7f;
    if (short < 126) return short;
    return short === 126 ? this.#head.readUInt16BE(2) : Number(this.#head.readBigUInt64BE(2));
  }
}
