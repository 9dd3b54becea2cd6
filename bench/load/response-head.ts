// The little of a response head that counting answers needs: the status, how the body ends, whether the connection
// goes on. A measuring client: lenient where it does not matter, an error where the framing would be a guess.

export interface ResponseHead {
  readonly status: number;
  /** Or one of the two constants below. */
  readonly bodyBytes: number;
  readonly mayReuse: boolean;
  /** Where in the head the bytes of the Content-Length line stand, to recognise the next response by; -1 without. */
  readonly lengthLineAt: number;
  readonly lengthLineBytes: number;
}

export const UNTIL_CLOSE = -1;
export const CHUNKED = -2;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |\r)/;
const CONTENT_LENGTH = /\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n/i;
const TRANSFER_ENCODING = /\r\ntransfer-encoding:[ \t]*([^\r]*?)[ \t]*\r\n/i;
const CONNECTION = /\r\nconnection:[ \t]*([^\r]*?)[ \t]*\r\n/i;

/** Parses a head, its empty line included, as latin1 text. Throws when it is not one. */
export function parseResponseHead(text: string, isAnswerToHead: boolean): ResponseHead {
  const [, minor, digits] = STATUS_LINE.exec(text) ?? [];
  if (digits === undefined) throw new Error('the answer is not HTTP/1.1');
  const status = Number(digits);
  const connection = CONNECTION.exec(text)?.[1]?.toLowerCase() ?? '';
  const isPersistent = minor === '1' ? !connection.includes('close') : connection.includes('keep-alive');
  const length = CONTENT_LENGTH.exec(text);
  const coding = TRANSFER_ENCODING.exec(text)?.[1]?.toLowerCase();
  const line = {
    lengthLineAt: length?.index ?? -1,
    lengthLineBytes: length?.[0].length ?? 0,
  };
  if (isAnswerToHead || status < 200 || status === 204 || status === 304)
    return { status, bodyBytes: 0, mayReuse: isPersistent, ...line };
  if (coding === 'chunked') return { status, bodyBytes: CHUNKED, mayReuse: isPersistent, ...line };
  if (coding === undefined && length !== null)
    return { status, bodyBytes: Number(length[1]), mayReuse: isPersistent, ...line };
  return { status, bodyBytes: UNTIL_CLOSE, mayReuse: false, ...line };
}
