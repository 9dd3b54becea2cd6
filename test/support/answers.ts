// What a client got, read strictly: one answer after the other out of the raw bytes of a connection. Independent of the
// engine under test.

export interface RawAnswer {
  readonly status: number;
  /** By lower-case name; the values of a repeated field joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `[name, value]` behind a chunked body. */
  readonly trailers: readonly (readonly [string, string])[];
  /** False: the connection ended before the announced end. A body without announced length is whole at a clean end. */
  readonly isWhole: boolean;
}

const HEAD = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n((?:[!#$%&'*+.^_`|~\w-]+:[^\r\n\0]*\r\n)*)\r\n/;

/** Throws on anything that is not HTTP/1.1. `methods` of the requests in order, default GET; 1xx use up none. */
export function parseAnswers(text: string, methods: readonly string[] = []): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  let asked = 0;
  while (rest !== '') {
    const head = HEAD.exec(rest);
    if (head === null) throw new Error(`no answer: ${JSON.stringify(rest.slice(0, 200))}`);
    rest = rest.slice(head[0].length);
    const status = Number(head[1]);
    const headers = fieldsOf(head[2] ?? '');
    const method = methods[asked] ?? 'GET';
    if (status >= 200) asked++;
    const body = takeBody(rest, isBodiless(status, method) ? { 'content-length': '0' } : headers);
    rest = body.rest;
    answers.push({ status, headers, body: body.text, trailers: body.trailers, isWhole: body.isWhole });
    if (status === 101) return answers;
  }
  return answers;
}

function isBodiless(status: number, method: string): boolean {
  return status < 200 || status === 204 || status === 304 || method === 'HEAD';
}

function fieldsOf(lines: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of lines.split('\r\n').slice(0, -1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`;
  }
  return fields;
}

interface Body {
  readonly text: string;
  readonly trailers: readonly (readonly [string, string])[];
  readonly isWhole: boolean;
  readonly rest: string;
}

function takeBody(text: string, headers: Readonly<Record<string, string>>): Body {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  if (coding !== undefined && (coding !== 'chunked' || length !== undefined))
    throw new Error(`framing: ${coding} and ${length}`);
  if (coding !== undefined) return takeChunks(text);
  if (length === undefined) return { text, trailers: [], isWhole: true, rest: '' };
  if (!/^\d+$/.test(length)) throw new Error(`length ${length}`);
  const bytes = Number(length);
  return {
    text: text.slice(0, bytes),
    trailers: [],
    isWhole: text.length >= bytes,
    rest: text.slice(bytes),
  };
}

function takeChunks(text: string): Body {
  let data = '';
  let rest = text;
  for (;;) {
    const size = /^([0-9a-f]{1,8})\r\n/.exec(rest);
    if (size === null) return { text: data, trailers: [], isWhole: false, rest: '' };
    rest = rest.slice(size[0].length);
    const bytes = Number.parseInt(size[1] ?? '', 16);
    if (bytes === 0) break;
    if (rest.length < bytes + 2) return { text: data + rest, trailers: [], isWhole: false, rest: '' };
    if (rest.slice(bytes, bytes + 2) !== '\r\n') throw new Error('a chunk without its end');
    data += rest.slice(0, bytes);
    rest = rest.slice(bytes + 2);
  }
  const section = /^((?:[^\r\n]+\r\n)*)\r\n/.exec(rest);
  if (section === null) return { text: data, trailers: [], isWhole: false, rest: '' };
  return {
    text: data,
    trailers: Object.entries(fieldsOf(section[1] ?? '')),
    isWhole: true,
    rest: rest.slice(section[0].length),
  };
}
