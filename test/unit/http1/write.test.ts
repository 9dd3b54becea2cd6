import t from 'tap';
import { chunkStart, lastChunkText } from '../../../src/http1/chunk.ts';
import { joinBytes } from '../../../src/http1/join-bytes.ts';
import {
  CHUNKED_LINE,
  contentLengthLine,
  requestHeadText,
  responseHeadText,
} from '../../../src/http1/write-head.ts';
import { decodeRequests, decodeResponses } from '../../support/http1-transcript.ts';

t.test('heads are written as they are read', (t) => {
  t.equal(
    responseHeadText(200, ['X', '1', 'y', ''], contentLengthLine(5)),
    'HTTP/1.1 200 OK\r\nX: 1\r\ny: \r\ncontent-length: 5\r\n\r\n',
  );
  t.equal(responseHeadText(599, []), 'HTTP/1.1 599 \r\n\r\n', 'an unknown status has no phrase');
  const request = requestHeadText('POST', '/a?b', ['host', 'a', 'X', '\xe9'], CHUNKED_LINE);
  const body = joinBytes(
    `${request}${chunkStart(26)}`,
    Buffer.alloc(26, 'x'),
    `\r\n${lastChunkText(['etag', '1'])}`,
  );
  t.strictSame(decodeRequests([body]).messages[0], {
    head: {
      method: 'POST',
      authority: 'a',
      target: '/a?b',
      version: 'HTTP/1.1',
      headers: ['host', 'a', 'X', '\xe9', 'transfer-encoding', 'chunked'],
      contentLength: undefined,
      upgrade: undefined,
      isKeepAlive: true,
      expectsContinue: false,
    },
    body: 'x'.repeat(26),
    trailers: ['etag', '1'],
    isComplete: true,
  });
  const response = joinBytes(responseHeadText(404, [], contentLengthLine(2)), Buffer.from('no'));
  t.equal(decodeResponses([response]).messages[0]?.body, 'no');
  t.end();
});

t.test('what could be read as another line is not written', (t) => {
  const internal = { code: 'internal' };
  for (const value of ['a\r\nb', 'a\nb', 'a\rb', 'a\0b', '\x7f', 'a\u010ab', '\u2028', '😀'])
    t.throws(() => responseHeadText(200, ['x', value]), internal);
  for (const name of ['', 'a b', 'a:', 'a\r\n', 'a\nb', '\u0161', ' a', 'a\0'])
    t.throws(() => responseHeadText(200, [name, '1']), internal);
  t.throws(() => responseHeadText(200, ['x']), internal, 'a name without a value');
  for (const status of [0, 99, 1000, -1, 200.5, Number.NaN])
    t.throws(() => responseHeadText(status, []), internal);
  for (const method of ['', 'G T', 'GET\r\n', 'get'])
    t.throws(() => requestHeadText(method, '/', []), internal);
  for (const target of ['', '/ x', '/\r\n', '/#', '/\u010a'])
    t.throws(() => requestHeadText('GET', target, []), internal);
  for (const bytes of [-1, 1.5, Number.NaN, Infinity]) t.throws(() => contentLengthLine(bytes), internal);
  t.throws(() => lastChunkText(['x', 'a\r\n']), internal);
  t.throws(() => chunkStart(0), RangeError);
  t.end();
});
