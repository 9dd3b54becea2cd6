// Requests that must be accepted, made at random together with what must come out of them.
import * as fc from './property.ts';

export interface ValidRequest {
  readonly text: string;
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const QUERY = `${ALPHANUMERIC}!$%&'()*+,-./:;=?@[]^_\`{|}~`.split('');
const VISIBLE = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
  (character) => (character > ' ' && character < '\x7f') || character >= '\x80',
);
const TOKEN = `${ALPHANUMERIC}!#$%&'*+-.^_\`|~`.split('');

const from = (characters: readonly string[], minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });

const method = fc.constantFrom(
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'PROPFIND',
  'M-SEARCH',
);
const authority = fc.constantFrom(
  'a',
  'app.example',
  'App.Example:8443',
  '127.0.0.1:1',
  '[::1]',
  '[2001:db8::1]:443',
);
const path = from(QUERY, 0, 30).map((rest) => `/${rest}`);
const blank = fc.constantFrom('', ' ', '\t', ' \t ');
/** `x-` keeps clear of the names that mean something. */
const name = from(`${ALPHANUMERIC}-`.split(''), 0, 12).map((rest) => `x-${rest}`);
const value = fc
  .array(from(VISIBLE, 1, 12), { maxLength: 4 })
  .chain((words) => fc.constantFrom(' ', '\t', '  ').map((space) => words.join(space)));
const fields = fc.array(fc.record({ name, value, before: blank, after: blank }), { maxLength: 6 });

type Fields = typeof fields extends fc.Arbitrary<infer T> ? T : never;

const linesOf = (list: Fields) =>
  list.map(({ name, value, before, after }) => `${name}:${before}${value}${after}\r\n`).join('');
const flat = (list: Fields) => list.flatMap(({ name, value }) => [name, value]);

const data = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', '\0', '\xff', ':'), maxLength: 40 });
const extension = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  from(TOKEN, 1, 5).map((token) => `;${token}`),
  from(TOKEN, 1, 5).map((token) => `;a=${token}`),
  fc.constantFrom(';a="b c"', ';a="\\"";b', ';a=""'),
);
const chunk = fc.record({ data, extension, zeros: fc.constantFrom('', '0', '000'), isUpper: fc.boolean() });

const sizeOf = (size: number, isUpper: boolean) =>
  isUpper ? size.toString(16).toUpperCase() : size.toString(16);

interface Body {
  readonly field: readonly string[];
  readonly text: string;
  readonly body: string;
  readonly trailers: readonly string[];
}

const body: fc.Arbitrary<Body> = fc.oneof(
  fc.constant({ field: [], text: '', body: '', trailers: [] }),
  data.map((text) => ({ field: ['Content-Length', String(text.length)], text, body: text, trailers: [] })),
  fc
    .record({
      chunks: fc.array(chunk, { maxLength: 4 }),
      coding: fc.constantFrom('chunked', 'Chunked'),
      fields,
    })
    .map(({ chunks, coding, fields }) => {
      const full = chunks.filter(({ data }) => data !== '');
      return {
        field: ['Transfer-Encoding', coding],
        text:
          full
            .map((c) => `${c.zeros}${sizeOf(c.data.length, c.isUpper)}${c.extension}\r\n${c.data}\r\n`)
            .join('') + `0\r\n${linesOf(fields)}\r\n`,
        body: full.map(({ data }) => data).join(''),
        trailers: flat(fields),
      };
    }),
);

export const validRequest: fc.Arbitrary<ValidRequest> = fc
  .record({ method, authority, path, body, before: fields, after: fields, isAbsolute: fc.boolean() })
  .map(({ method, authority, path, body, before, after, isAbsolute }) => {
    const framing = body.field.length === 0 ? '' : `${body.field.join(': ')}\r\n`;
    const target = isAbsolute ? `http://${authority}${path}` : path;
    return {
      text: `${method} ${target} HTTP/1.1\r\n${linesOf(before)}Host: ${authority}\r\n${framing}${linesOf(after)}\r\n${body.text}`,
      method,
      target: path,
      authority,
      headers: [...flat(before), 'Host', authority, ...body.field, ...flat(after)],
      body: body.body,
      trailers: body.trailers,
    };
  });

/** One to three on one connection. */
export const validRequests = fc.array(validRequest, { minLength: 1, maxLength: 3 });
