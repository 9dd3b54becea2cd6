import t from 'tap';
import { cutAt, decodeRequests } from '../../support/http1-transcript.ts';

const START = 'GET / HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

const withTarget = (bytes: number) => `GET /${'x'.repeat(bytes - 1)} HTTP/1.1\r\nHost: a\r\n\r\n`;
const withLength = (bytes: number) =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`;
const withChunks = (sizes: number[]) =>
  `${CHUNKED}${sizes.map((size) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`).join('')}0\r\n\r\n`;
const extended = (extension: number) => `1;${'x'.repeat(extension)}\r\nx\r\n`;

/** The result whole, in two pieces and byte by byte, which must be the same. */
function decode(text: string, limits = {}) {
  const bytes = Buffer.from(text, 'latin1');
  const whole = decodeRequests([bytes], limits);
  for (const cuts of [[bytes.length - 1], [...bytes.keys()]]) {
    const pieces = decodeRequests(cutAt(bytes, cuts), limits);
    if (JSON.stringify(pieces) !== JSON.stringify(whole)) throw new Error('the pieces gave another result');
  }
  return whole;
}

t.test('a head may have exactly as many bytes as the limit, not one more', (t) => {
  const text = `${START}X: ${'x'.repeat(200)}\r\n\r\n`;
  t.equal(decode(text, { maxHeadBytes: text.length }).messages.length, 1);
  t.equal(decode(text, { maxHeadBytes: text.length - 1 }).error, 'headers_too_large');
  t.equal(decode(`${START}X: ${'x'.repeat(200)}`, { maxHeadBytes: 100 }).error, 'headers_too_large');
  t.equal(decode(`${START}X: ${'x'.repeat(50)}`, { maxHeadBytes: 100 }).error, undefined, 'not yet');
  t.end();
});

t.test('a head may have exactly as many fields as the limit, not one more', (t) => {
  const text = (fields: number) => `${START}${'X: 1\r\n'.repeat(fields - 1)}\r\n`;
  t.equal(decode(text(20), { maxHeaders: 20 }).messages[0]?.head.headers.length, 40);
  t.equal(decode(text(21), { maxHeaders: 20 }).error, 'headers_too_large');
  t.equal(
    decode(`${START}${'X_Y: 1\r\n'.repeat(20)}\r\n`, { maxHeaders: 20, underscores: 'drop' }).error,
    'headers_too_large',
    'fields that are dropped count',
  );
  t.end();
});

t.test('a target may have exactly as many bytes as the limit, not one more', (t) => {
  t.equal(decode(withTarget(100), { maxTargetBytes: 100 }).messages[0]?.head.target.length, 100);
  t.equal(decode(withTarget(101), { maxTargetBytes: 100 }).error, 'uri_too_long');
  t.equal(decode(`GET /${'x'.repeat(200)}`, { maxTargetBytes: 100 }).error, 'uri_too_long', 'before its end');
  t.equal(decode(withTarget(40_000)).error, 'uri_too_long', 'and before the limit of the head');
  t.end();
});

t.test('a body may have exactly as many bytes as the limit, not one more', (t) => {
  t.equal(decode(withLength(10), { maxBodyBytes: 10 }).messages[0]?.body.length, 10);
  const refused = decode(withLength(11), { maxBodyBytes: 10 });
  t.strictSame([refused.error, refused.messages.length], ['body_too_large', 0], 'before the exchange begins');
  t.equal(decode(withChunks([5, 5]), { maxBodyBytes: 10 }).messages[0]?.isComplete, true);
  const cut = decode(withChunks([5, 6]), { maxBodyBytes: 10 });
  t.strictSame([cut.error, cut.messages[0]?.body], ['body_too_large', 'xxxxx'], 'by its size line');
  t.end();
});

t.test('trailers have the limits of a head', (t) => {
  const start = `${CHUNKED}0\r\n`;
  t.equal(decode(`${start}${'X: 1\r\n'.repeat(20)}\r\n`, { maxHeaders: 20 }).error, undefined);
  t.equal(decode(`${start}${'X: 1\r\n'.repeat(21)}\r\n`, { maxHeaders: 20 }).error, 'headers_too_large');
  t.equal(decode(`${start}X: ${'x'.repeat(500)}`, { maxHeadBytes: 100 }).error, 'headers_too_large');
  t.end();
});

t.test('what surrounds the data of chunks is bounded, however it is spread', (t) => {
  t.equal(decode(`${CHUNKED}${extended(16_000)}0\r\n\r\n`).error, undefined, 'one long extension');
  t.equal(decode(`${CHUNKED}1;${'x'.repeat(17_000)}`).error, 'bad_chunk', 'before its line ends');
  t.equal(decode(CHUNKED + extended(100).repeat(300)).error, 'bad_chunk', 'many short ones');
  t.equal(decode(`${CHUNKED}${'1\r\nx\r\n'.repeat(10_000)}0\r\n\r\n`).messages[0]?.body.length, 10_000);
  t.end();
});
