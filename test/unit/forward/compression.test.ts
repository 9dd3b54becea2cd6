// What is compressed and what is not, and what the head says of it.
import t from 'tap';
import type { FlatHeaders } from '../../../src/core/flat-headers.ts';
import type { RequestHead, ResponseLength } from '../../../src/exchange/exchange.ts';
import {
  type CompressionSettings,
  codingFor,
  noteCoding,
  withoutDigests,
} from '../../../src/forward/compression.ts';

const settings: CompressionSettings = {
  codings: ['br', 'gzip'],
  coversType: (type) => type.startsWith('text/') || type.startsWith('application/'),
  minBytes: 1000,
};
const HTML = ['Content-Type', 'text/html; charset=utf-8'];

const asked = (...headers: string[]): RequestHead => ({
  method: 'GET',
  authority: 'app.example.com',
  target: '/',
  version: 'HTTP/1.1',
  headers: ['Accept-Encoding', 'gzip', ...headers],
  contentLength: 0,
  upgrade: undefined,
});

interface Case {
  readonly request?: FlatHeaders;
  readonly status?: number;
  readonly fields?: FlatHeaders;
  readonly length?: ResponseLength;
}

function codingOf({ request = [], status = 200, fields = HTML, length = 5000 }: Case) {
  const changed = [...fields];
  return { coding: codingFor(settings, asked(...request), { status, fields: changed, length }), changed };
}

t.test('pages and texts of some length are, errors too', (t) => {
  t.equal(codingOf({}).coding, 'gzip');
  t.equal(codingOf({ length: 'until_end' }).coding, 'gzip');
  t.equal(codingOf({ length: 1000 }).coding, 'gzip');
  t.equal(codingOf({ status: 404 }).coding, 'gzip');
  t.equal(codingOf({ fields: ['content-type', 'TEXT/HTML'] }).coding, 'gzip');
  t.end();
});

t.test('what is short, of another type, a part, or coded already is not, and says nothing of it', (t) => {
  const cases: Record<string, Case> = {
    short: { length: 999 },
    'without a type': { fields: [] },
    'of two types': { fields: [...HTML, ...HTML] },
    'of another type': { fields: ['Content-Type', 'image/png'] },
    gRPC: { fields: ['Content-Type', 'application/grpc+proto'] },
    'gRPC for the web': { fields: ['Content-Type', 'application/grpc-web'] },
    'no content': { status: 204 },
    'reset content': { status: 205 },
    'a part': { status: 206 },
    'a range that cannot be had': { status: 416, fields: [...HTML, 'Content-Range', 'bytes */5'] },
    coded: { fields: [...HTML, 'Content-Encoding', 'gzip'] },
    'not to be changed': { fields: [...HTML, 'Cache-Control', 'private, No-Transform, max-age=1'] },
    'with a cookie': { fields: [...HTML, 'Set-Cookie', 'a=b'] },
  };
  for (const [what, one] of Object.entries(cases)) {
    const { coding, changed } = codingOf(one);
    t.equal(coding, undefined, what);
    t.strictSame(changed, one.fields ?? HTML, what);
  }
  t.equal(codingOf({ fields: [...HTML, 'Cache-Control', 'x-no-transform-y'] }).coding, 'gzip');
  t.end();
});

t.test('not for a request that another site may have had made', (t) => {
  const OWN = 'https://app.example.com';
  const yes: FlatHeaders[] = [
    ['Sec-Fetch-Site', 'same-origin'],
    ['Sec-Fetch-Site', 'none'],
    ['Sec-Fetch-Site', 'same-origin', 'User-Agent', 'Mozilla/5.0', 'Referer', 'https://evil.example/'],
    ['Origin', OWN],
    ['Referer', `${OWN}/page`, 'User-Agent', 'Mozilla/5.0'],
    ['Referer', 'https://APP.example.com:443/page'],
    ['User-Agent', 'curl/8.0'],
    [],
  ];
  const no: FlatHeaders[] = [
    ['Sec-Fetch-Site', 'cross-site'],
    ['Sec-Fetch-Site', 'same-site'],
    ['Sec-Fetch-Site', 'anything'],
    ['Sec-Fetch-Site', 'same-origin', 'Sec-Fetch-Site', 'cross-site'],
    ['Sec-Fetch-Site', ''],
    ['Origin', 'https://evil.example'],
    ['Origin', 'null'],
    ['Origin', 'http://app.example.com'],
    ['Origin', 'https://evil.example', 'Referer', `${OWN}/`],
    ['Referer', 'https://app.example.com.evil.example/'],
    ['Referer', 'nonsense'],
    // An old browser, and a page that has it leave out the Referer.
    ['User-Agent', 'Mozilla/5.0 (Macintosh) Version/16.3 Safari/605.1.15'],
  ];
  for (const request of yes) t.equal(codingOf({ request }).coding, 'gzip', request.join(' '));
  for (const request of no) {
    const { coding, changed } = codingOf({ request });
    t.equal(coding, undefined, request.join(' '));
    t.strictSame(changed, [...HTML, 'Vary', 'Accept-Encoding']);
  }
  t.end();
});

const varied = (...fields: string[]) => codingOf({ fields: [...HTML, ...fields] }).changed.slice(2);

t.test('Vary says so wherever somebody else may get it compressed', (t) => {
  t.strictSame(varied(), ['Vary', 'Accept-Encoding']);
  t.strictSame(varied('Vary', 'Cookie'), ['Vary', 'Cookie, Accept-Encoding']);
  t.strictSame(varied('vary', 'accept-encoding'), ['vary', 'accept-encoding']);
  t.strictSame(varied('Vary', 'x-accept-encoding'), ['Vary', 'x-accept-encoding, Accept-Encoding']);
  t.strictSame(varied('Vary', '*'), ['Vary', '*']);
  t.end();
});

t.test('what held for the bytes as they were is taken back', (t) => {
  const fields = ['ETag', '"x"', 'Accept-Ranges', 'bytes', 'Content-MD5', 'a', 'Content-Digest', 'b'];
  fields.push('Repr-Digest', 'c', 'Digest', 'd', 'X-Other', 'e');
  noteCoding(fields, 'br');
  t.strictSame(fields, ['ETag', 'W/"x"', 'X-Other', 'e', 'Content-Encoding', 'br']);
  const weak = ['ETag', 'W/"x"'];
  noteCoding(weak, 'br');
  t.strictSame(weak, ['ETag', 'W/"x"', 'Content-Encoding', 'br']);
  t.strictSame(withoutDigests(['Repr-Digest', 'a', 'Server-Timing', 'b']), ['Server-Timing', 'b']);
  t.end();
});

const tagOf = (held: string) =>
  codingOf({ request: ['If-None-Match', held], status: 304, fields: ['ETag', '"x"'], length: 'none' })
    .changed;

t.test('304 names the answer that the client has', (t) => {
  t.strictSame(tagOf('"a", W/"x"'), ['ETag', 'W/"x"', 'Vary', 'Accept-Encoding']);
  t.strictSame(tagOf('"x"'), ['ETag', '"x"', 'Vary', 'Accept-Encoding']);
  t.end();
});
