// Finds where each answer on one connection ends. The fast path recognises an answer framed as the last one was (same
// status line, same Content-Length line and end of head at the same places) by comparing some forty bytes; anything
// else is parsed. So a server may change its mind at any time and is still counted rightly.
import { ChunkedBody } from './chunked-body.ts';
import { CHUNKED, parseResponseHead, UNTIL_CLOSE, type ResponseHead } from './response-head.ts';

/** `mayReuse` is false when the connection must not carry another request. */
export type OnAnswer = (status: number, mayReuse: boolean) => void;

const STATUS_LINE_BYTES = 12; // `HTTP/1.1 200`
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const MAX_HEAD_BYTES = 65_536;

interface Learned {
  readonly head: Buffer;
  readonly status: number;
  readonly lengthLineAt: number;
  readonly lengthLineEnd: number;
  readonly totalBytes: number;
}

export class ResponseCounter {
  readonly #onAnswer: OnAnswer;
  readonly #isAnswerToHead: boolean;
  #learned: Learned | undefined;
  /** The beginning of a head whose end has not arrived. */
  #partial: Buffer | undefined;
  #body: ChunkedBody | undefined;
  #remaining = 0;
  #isUntilClose = false;
  #status = 0;
  #mayReuse = true;

  constructor(onAnswer: OnAnswer, isAnswerToHead = false) {
    this.#onAnswer = onAnswer;
    this.#isAnswerToHead = isAnswerToHead;
  }

  /** Takes what arrived; the bytes may be overwritten afterwards. Throws on what is no HTTP/1.1 answer. */
  push(bytes: Buffer, end = bytes.length): void {
    let at = 0;
    while (at < end) {
      if (this.#remaining > 0) at = this.#skipCounted(at, end);
      else if (this.#body !== undefined) at = this.#skipChunked(this.#body, bytes, at, end);
      else if (this.#isUntilClose) return;
      else at = this.#readHead(bytes, at, end);
    }
  }

  /** The connection has closed. False when that cut an answer short. */
  close(): boolean {
    if (this.#isUntilClose) {
      this.#isUntilClose = false;
      this.#onAnswer(this.#status, false);
      return true;
    }
    return this.#remaining === 0 && this.#body === undefined && this.#partial === undefined;
  }

  #skipCounted(at: number, end: number): number {
    const taken = Math.min(this.#remaining, end - at);
    this.#remaining -= taken;
    if (this.#remaining === 0) this.#onAnswer(this.#status, this.#mayReuse);
    return at + taken;
  }

  #skipChunked(body: ChunkedBody, bytes: Buffer, at: number, end: number): number {
    const next = body.skip(bytes, at, end);
    if (body.isDone) {
      this.#body = undefined;
      this.#onAnswer(this.#status, this.#mayReuse);
    }
    return next;
  }

  #readHead(bytes: Buffer, at: number, end: number): number {
    const learned = this.#learned;
    if (learned !== undefined && this.#partial === undefined && isLike(learned, bytes, at, end)) {
      this.#status = learned.status;
      this.#mayReuse = true;
      this.#remaining = learned.totalBytes;
      return this.#skipCounted(at, end);
    }
    const before = this.#partial?.length ?? 0;
    const fresh = bytes.subarray(at, end);
    const seen = this.#partial === undefined ? fresh : Buffer.concat([this.#partial, fresh]);
    const endOfHead = seen.indexOf(END_OF_HEAD);
    if (endOfHead === -1) {
      if (seen.length > MAX_HEAD_BYTES) throw new Error('the head of the answer is too long');
      this.#partial = Buffer.from(seen);
      return end;
    }
    this.#partial = undefined;
    const headBytes = endOfHead + END_OF_HEAD.length;
    const head = seen.subarray(0, headBytes);
    this.#begin(parseResponseHead(head.toString('latin1'), this.#isAnswerToHead), head);
    return at + headBytes - before;
  }

  #begin(head: ResponseHead, raw: Buffer): void {
    // Informational answers come before the one that counts (RFC 9110 15.2).
    if (head.status < 200) return;
    this.#status = head.status;
    this.#mayReuse = head.mayReuse;
    if (head.bodyBytes === CHUNKED) this.#body = new ChunkedBody();
    else if (head.bodyBytes === UNTIL_CLOSE) this.#isUntilClose = true;
    else {
      if (head.bodyBytes > 0 && head.mayReuse) this.#learned = learn(head, raw);
      this.#remaining = head.bodyBytes;
      if (head.bodyBytes === 0) this.#onAnswer(head.status, head.mayReuse);
    }
  }
}

const learn = (head: ResponseHead, raw: Buffer): Learned => ({
  head: Buffer.from(raw),
  status: head.status,
  lengthLineAt: head.lengthLineAt,
  lengthLineEnd: head.lengthLineAt + head.lengthLineBytes,
  totalBytes: raw.length + head.bodyBytes,
});

/** Byte by byte, because a native comparison costs more than the forty bytes do. */
function isLike(learned: Learned, bytes: Buffer, at: number, end: number): boolean {
  const { head, lengthLineAt, lengthLineEnd } = learned;
  const headEnd = head.length;
  if (end - at < headEnd) return false;
  for (let i = 0; i < STATUS_LINE_BYTES; i++) if (bytes[at + i] !== head[i]) return false;
  for (let i = lengthLineAt; i < lengthLineEnd; i++) if (bytes[at + i] !== head[i]) return false;
  for (let i = headEnd - END_OF_HEAD.length; i < headEnd; i++) if (bytes[at + i] !== head[i]) return false;
  return true;
}
