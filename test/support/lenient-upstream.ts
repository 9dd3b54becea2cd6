// An app that believes everything: keeps every byte of every connection and answers whatever could be taken for a
// request. What a strict proxy sends it must be readable strictly all the same; `readRecorded` holds it to that.
import type { Socket } from 'node:net';
import { startRawUpstream } from './raw-upstream.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

export interface LenientUpstream {
  readonly url: string;
  /** What came in, in latin1, a string for each connection. */
  readonly recorded: () => readonly string[];
}

/** Answers each request with its target as the body. */
export async function startLenientUpstream(t: Teardown): Promise<LenientUpstream> {
  const recorded: string[] = [];
  const { url } = await startRawUpstream(t, (socket, index) => {
    recorded[index] = '';
    let waiting = '';
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      recorded[index] += text;
      waiting = answerAll(socket, waiting + text);
    });
  });
  return { url, recorded: () => recorded };
}

/** Bare line feeds, blanks, any spelling of chunked, the first digits of a length: all taken. Returns what is left. */
function answerAll(socket: Socket, text: string): string {
  let rest = text;
  for (;;) {
    const head = /^[\s\S]*?\r?\n\r?\n/.exec(rest)?.[0];
    if (head === undefined) return rest;
    const target = /\S+\s+(\S*)/.exec(head)?.[1] ?? '?';
    let end = head.length;
    if (/^\s*transfer.encoding[^\n]*chunked/im.test(head)) {
      end = chunksEnd(rest, end);
      if (end === -1) return rest;
    } else end += Number(/^\s*content.length[^\n\d]*(\d+)/im.exec(head)?.[1] ?? 0);
    if (rest.length < end) return rest;
    rest = rest.slice(end);
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`, 'latin1');
  }
}

/** Where the chunks that begin at `from` end, or -1; sizes are whatever parseInt makes of them. */
function chunksEnd(text: string, from: number): number {
  for (let at = from; ;) {
    const lineEnd = text.indexOf('\n', at);
    if (lineEnd === -1) return -1;
    const bytes = Number.parseInt(text.slice(at, lineEnd), 16) || 0;
    at = lineEnd + 1;
    if (bytes > 0) at += bytes + (text[at + bytes] === '\r' ? 2 : 1);
    else {
      const end = /^(?:[^\r\n]+\r?\n)*\r?\n/.exec(text.slice(at))?.[0];
      return end === undefined ? -1 : at + end.length;
    }
  }
}

export interface RecordedRequest {
  readonly method: string;
  readonly target: string;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
  /** False: the connection ended inside of the body. */
  readonly isWhole: boolean;
}

const LINE = /^([A-Z-]+) ((?:\/[\x21-\x7e]*)|\*) HTTP\/1\.1\r\n/;
const FIELD = /^([!#$%&'*+.^_`|~\w-]+): ?([\t\x20-\x7e\x80-\xff]*)\r\n/;
const CHUNK = /^([0-9a-f]{1,8})\r\n/i;

/** The requests on one connection, read so strictly that nobody could read them otherwise; throws where that fails. */
export function readRecorded(text: string): RecordedRequest[] {
  const requests: RecordedRequest[] = [];
  let rest = text;
  const take = (pattern: RegExp, what: string): RegExpExecArray => {
    const found = pattern.exec(rest);
    if (found === null) throw new Error(`no ${what}: ${JSON.stringify(rest.slice(0, 300))}`);
    rest = rest.slice(found[0].length);
    return found;
  };
  while (rest !== '') {
    const [, method = '', target = ''] = take(LINE, 'request line');
    const headers = new Map<string, string[]>();
    while (!rest.startsWith('\r\n')) {
      const [, name = '', value = ''] = take(FIELD, 'field');
      const lower = name.toLowerCase();
      headers.set(lower, [...(headers.get(lower) ?? []), value]);
    }
    rest = rest.slice(2);
    const { body, isWhole, left } = takeBody(rest, headers);
    rest = left;
    requests.push({ method, target, headers, body, isWhole });
  }
  return requests;
}

function takeBody(
  text: string,
  headers: ReadonlyMap<string, readonly string[]>,
): { body: string; isWhole: boolean; left: string } {
  const lengths = headers.get('content-length') ?? [];
  const codings = headers.get('transfer-encoding') ?? [];
  if ((headers.get('host') ?? []).length !== 1) throw new Error('not exactly one Host');
  if (lengths.length + codings.length > 1) throw new Error(`framing: ${lengths.join()} ${codings.join()}`);
  const [length = '0'] = lengths;
  if (!/^(?:0|[1-9]\d{0,14})$/.test(length)) throw new Error(`length ${length}`);
  if (codings.length === 0) {
    const bytes = Number(length);
    return { body: text.slice(0, bytes), isWhole: text.length >= bytes, left: text.slice(bytes) };
  }
  if (codings[0] !== 'chunked') throw new Error(`coding ${codings[0]}`);
  let rest = text;
  let body = '';
  for (;;) {
    const size = CHUNK.exec(rest);
    if (size === null && rest.length > 12) throw new Error(`no chunk: ${JSON.stringify(rest.slice(0, 99))}`);
    if (size === null) return { body, isWhole: false, left: '' };
    rest = rest.slice(size[0].length);
    const bytes = Number.parseInt(size[1] ?? '', 16);
    const data = rest.slice(0, bytes);
    const end = rest.slice(bytes, bytes + 2);
    body += data;
    if (end.length < 2) return { body, isWhole: false, left: '' };
    if (end !== '\r\n') throw new Error('a chunk without its end, or trailers');
    rest = rest.slice(bytes + 2);
    if (bytes === 0) return { body, isWhole: true, left: rest };
  }
}
