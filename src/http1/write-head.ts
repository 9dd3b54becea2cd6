// Heads as latin1 text. The caller decides which fields stand in them and frames the body; nothing is added here, and
// nothing gets out that could be read as two lines.
import { STATUS_CODES } from 'node:http';
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { checkFields, checkText } from './field-check.ts';
import { METHOD, QUERY } from './grammar.ts';

/** `HTTP/1.1 200 OK\r\n` by status, 100 to 999. Reason phrases are the registered ones, never the upstream's. */
const STATUS_LINES = Array.from({ length: 1000 }, (_, status) =>
  status < 100 ? '' : `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`,
);

/**
 * A response head with its empty line. `fixedLines` are complete lines made once (`connection: close\r\n`) that stand
 * behind the fields and are not judged again. Throws `internal` for a status or field that cannot be written.
 */
export function responseHeadText(status: number, fields: FlatHeaders, fixedLines = ''): string {
  const line = STATUS_LINES[status];
  if (line === undefined || line === '') throw new SallyportError('internal', `status ${status}`);
  return line + fieldLines(fields) + fixedLines + '\r\n';
}

/** A request head with its empty line, always HTTP/1.1. Throws `internal` for what cannot be written. */
export function requestHeadText(
  method: string,
  target: string,
  fields: FlatHeaders,
  fixedLines = '',
): string {
  checkText(METHOD, method, 'method');
  checkText(QUERY, target, 'target');
  return `${method} ${target} HTTP/1.1\r\n${fieldLines(fields)}${fixedLines}\r\n`;
}

/** Field lines without the empty one. */
export function fieldLines(fields: FlatHeaders): string {
  checkFields(fields);
  let text = '';
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return text;
}

/** Announces a chunked body, for `fixedLines`. */
export const CHUNKED_LINE = 'transfer-encoding: chunked\r\n';

/** Announces a body of this many bytes, for `fixedLines`. */
export function contentLengthLine(bytes: number): string {
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw new SallyportError('internal', `length ${bytes}`);
  return `content-length: ${bytes}\r\n`;
}
