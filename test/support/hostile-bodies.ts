// The part of the hostile messages that is about framing: where a request ends, and what stands behind it.
import type { ErrorCode } from '../../src/core/errors.ts';
import type { Add } from './hostile-messages.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a\r\n';
const TE = 'Transfer-Encoding: chunked\r\n';
/** What the second request of a smuggler would look like. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

function hostileLengths(add: Add): void {
  const te = [
    'Transfer-Encoding: chunked',
    'transfer-encoding: CHUNKED',
    'Transfer-Encoding:chunked',
    'Transfer-Encoding: identity',
  ];
  for (const coding of [
    ...te,
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding:',
    'Transfer-Encoding: x',
  ])
    for (const length of ['0', '5', String(5 + SMUGGLED.length)])
      for (const fields of [
        [coding, `Content-Length: ${length}`],
        [`content-length:${length}`, coding],
      ])
        add('length and coding', 'bad_framing', `${POST}${fields.join('\r\n')}\r\n\r\n0\r\n\r\n${SMUGGLED}`);
  for (const [first, second] of [
    ['5', '5'],
    ['5', '6'],
    ['0', '5'],
    ['5', ''],
  ])
    add(
      'two lengths',
      'bad_framing',
      `${POST}Content-Length: ${first}\r\nContent-length: ${second}\r\n\r\nhello`,
    );
  const words =
    '+5 -5 5e0 0x5 5,5 5; "5" 5.0 5\xa0 \xa05 five 0b1 5L ,5 5, _5 1_0 NaN Infinity 1e400 5/5 5:5 \xb2 5\xb2';
  for (const length of [...words.split(' '), '', '5, 6', '5 5'])
    add('malformed length', 'bad_framing', `${POST}Content-Length: ${length}\r\n\r\nhello`);
  for (const length of [
    '9007199254740992',
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551616',
  ])
    add('length over 2^53', 'bad_framing', `${POST}Content-Length: ${length}\r\n\r\nhello`);
  add('length of over 16 digits', 'bad_framing', `${POST}Content-Length: ${'0'.repeat(16)}5\r\n\r\nhello`);
  add(
    'CONNECT with a body',
    'bad_framing',
    'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nContent-Length: 5\r\n\r\nhello',
  );
  add('CONNECT with a body', 'bad_framing', `CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n${TE}\r\n0\r\n\r\n`);
}

function hostileCodings(add: Add): void {
  const coding = (family: string, code: ErrorCode, value: string) =>
    add(family, code, `${POST}Transfer-Encoding: ${value}\r\n\r\n0\r\n\r\n`);
  for (const value of ['identity', 'gzip', 'xchunked', 'chunkedx', 'chunk', 'chunked-', 'deflate'])
    coding('other coding', 'coding_not_implemented', value);
  for (const tab of ['\t', ' \t', '\t ']) coding('tab behind a coding', 'bad_framing', `chunked${tab}`);
  for (const value of ['gzip, chunked', 'identity, chunked', 'gzip,chunked'])
    coding('coding before chunked', 'coding_not_implemented', value);
  for (const value of ['chunked, gzip', 'chunked, identity'])
    coding('coding after chunked', 'coding_not_implemented', value);
  for (const value of ['chunked, chunked', 'chunked,chunked'])
    coding('chunked twice', 'coding_not_implemented', value);
  for (const value of [
    'chunked,',
    ',chunked',
    ', chunked',
    'chunked;',
    'chunked;a=b',
    '"chunked"',
    'chunked, ,gzip',
    '',
  ])
    coding('malformed coding', 'bad_framing', value);
  for (const value of [
    '\xa0chunked',
    'chunked\xa0',
    'chunk\xa0ed',
    '\x85chunked',
    'chunked\xff',
    '\xefchunked',
  ])
    coding('malformed coding', 'bad_framing', value);
  for (const control of ['\0', '\x01', '\x08', '\x0b', '\x0c', '\x1c', '\x1f', '\x7f'])
    for (const value of [`${control}chunked`, `chunked${control}`, `chun${control}ked`])
      coding('control around chunked', 'bad_header', value);
  for (const [first, second] of [
    ['chunked', 'chunked'],
    ['chunked', 'identity'],
    ['identity', 'chunked'],
    ['gzip', 'chunked'],
    ['', 'chunked'],
    ['chunked', ''],
  ])
    add(
      'two codings',
      'bad_framing',
      `${POST}Transfer-Encoding: ${first}\r\nTransfer-encoding: ${second}\r\n\r\n0\r\n\r\n`,
    );
  for (const fields of [TE, `${TE}Connection: keep-alive\r\n`])
    add('coding in http/1.0', 'bad_framing', `POST / HTTP/1.0\r\nHost: a\r\n${fields}\r\n0\r\n\r\n`);
}

function hostileChunks(add: Add): void {
  const body = (family: string, text: string, code: ErrorCode = 'bad_chunk') =>
    add(family, code, `${POST}${TE}\r\n${text}`);
  for (const size of ['', ' 5', '+5', '-5', '0x5', '5h', '5_0', '\t5', 'g', '5.', '5,', '\xa05', '_', "5'"])
    body('malformed size', `${size}\r\nhello\r\n0\r\n\r\n`);
  for (const size of ['5 ', '5\t', '5  ']) body('blanks after the size', `${size}\r\nhello\r\n0\r\n\r\n`);
  for (const size of ['5 ;x', '5; x', '5;x ', '5;x =y', '5;x= y', '5;\tx'])
    body('blanks in an extension', `${size}\r\nhello\r\n0\r\n\r\n`);
  for (const size of [
    '5;',
    '5;;',
    '5;=',
    '5;x=',
    '5;x;',
    '5;x="',
    '5;x="a',
    '5;x="a"b',
    '5;x=a=b',
    '5;(',
    '5;x=\xff',
    '5;x="\xff"',
  ])
    body('malformed extension', `${size}\r\nhello\r\n0\r\n\r\n`);
  for (const control of ['\0', '\x01', '\x0b', '\x0c', '\x7f', '\n', '\r'])
    for (const extension of [`;${control}`, `;x${control}y`, `;x="${control}"`, `;x="\\${control}"`])
      body('control in an extension', `5${extension}\r\nhello\r\n0\r\n\r\n`);
  for (const size of ['20000000000000', 'ffffffffffffffff', '8000000000000000', '7fffffffffffffff'])
    body('size over 2^53', `${size}\r\nhello\r\n0\r\n\r\n`);
  for (const size of ['10000000000000005', '00000000000000005', '100000000000000000000000000000005'])
    body('size of over 16 digits', `${size}\r\nhello\r\n0\r\n\r\n`);
  for (const text of [
    '5\nhello\r\n0\r\n\r\n',
    '5\r\nhello\n0\r\n\r\n',
    '5\r\nhello\r\n0\n\r\n',
    '5\r\nhello\r0\r\n\r\n',
    '5;x\nhello\r\n0\r\n\r\n',
  ])
    body('lf or cr alone in chunks', text);
  for (const text of [
    '5\r\nhello0\r\n\r\n',
    '5\r\nhello!\r\n0\r\n\r\n',
    '4\r\nhello\r\n0\r\n\r\n',
    '6\r\nhello\r\n0\r\n\r\n',
    '5\r\nhello\r\n\r\n0\r\n\r\n',
  ])
    body('size and data differ', text);
  body('lf in the trailers', '0\r\n\n', 'bad_trailer');
  body('lf in the trailers', '0\r\nX: 1\n\r\n', 'bad_trailer');
  body('cr in the trailers', '0\r\n\rX', 'bad_trailer');
  for (const trailer of ['X', 'X : 1', ' X: 1', ': 1', 'X: \0', 'X: a\x0bb', 'X: a\r\n b', 'X(: 1'])
    body('malformed trailer', `0\r\n${trailer}\r\n\r\n`, 'bad_trailer');
  body('odd name of a trailer', '0\r\nX_Y: 1\r\n\r\n', 'bad_trailer');
  const names =
    'Content-Length Transfer-Encoding Host Authorization Cookie Content-Type Connection TE Client-Cert ' +
    'client-cert-chain X-Forwarded-For X-FORWARDED-CLIENT-CERT Forwarded X-Real-IP Set-Cookie Proxy-Authorization ' +
    'Upgrade Trailer Expect Range If-Match Keep-Alive';
  for (const name of names.split(' ')) body('forbidden trailer', `0\r\n${name}: 5\r\n\r\n`, 'bad_trailer');
}

export function hostileBodies(add: Add): void {
  hostileLengths(add);
  hostileCodings(add);
  hostileChunks(add);
}
