// A response head as a value, and how the body behind it is framed (RFC 9112 6.3).
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { declaredLength } from './body-length.ts';
import type { MessageFields } from './message-fields.ts';

export interface ResponseHead {
  /** 200 to 599, or 101 where an upgrade was asked for. */
  readonly status: number;
  readonly version: 'HTTP/1.0' | 'HTTP/1.1';
  readonly headers: FlatHeaders;
  readonly body: ResponseBody;
  /** Whether the connection can carry another request once this answer has ended. */
  readonly isKeepAlive: boolean;
}

/** Bytes that follow; `none` whatever the fields say (HEAD, 204, 304, 101); or where the end is found. */
export type ResponseBody = number | 'none' | 'chunked' | 'until_close';

export interface ResponseLine {
  readonly status: number;
  readonly isHttp11: boolean;
  /** Of the request that it answers. */
  readonly method: string;
}

/** `fields` are gathered from `headers`. Throws bad_framing, coding_not_implemented. */
export function responseHeadOf(
  line: ResponseLine,
  headers: FlatHeaders,
  fields: MessageFields,
): ResponseHead {
  const body = bodyOf(line, fields);
  return {
    status: line.status,
    version: line.isHttp11 ? 'HTTP/1.1' : 'HTTP/1.0',
    headers,
    body,
    isKeepAlive:
      !fields.hasClose &&
      (line.isHttp11 || fields.hasKeepAlive) &&
      body !== 'until_close' &&
      line.status !== 101,
  };
}

function bodyOf({ status, isHttp11, method }: ResponseLine, fields: MessageFields): ResponseBody {
  const declared = declaredLength(fields, isHttp11);
  // What a tunnel would carry is no body; nobody here asks for one by CONNECT, so it only may not be framed.
  if (method === 'CONNECT' && status < 300 && declared !== 'none')
    throw new SallyportError('bad_framing', 'framed answer to CONNECT');
  if (status === 101 || status === 204 || status === 304 || method === 'HEAD') {
    // RFC 9112 6.1 and 9110 8.6: neither field may stand there, and an upstream that sends one may send a body too.
    if ((status === 101 || status === 204) && declared !== 'none' && declared !== 0)
      throw new SallyportError('bad_framing', `${status} with a body`);
    return 'none';
  }
  if (method === 'CONNECT' && status < 300) return 'none';
  return declared === 'none' ? 'until_close' : declared;
}
