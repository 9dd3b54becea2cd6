// Malformed requests, row by row: refused through the whole proxy, logged with their code, closed, nothing forwarded.
import t from 'tap';
import type { ErrorCode } from '../../../src/core/errors.ts';
import { GOOD, HOST, startBadInputs } from '../../support/bad-input.ts';

const host = `Host: ${HOST}\r\n`;
const get = (fields: string, line = 'GET / HTTP/1.1') => `${line}\r\n${fields}\r\n`;
const post = (fields: string, body = 'hello') => `POST / HTTP/1.1\r\n${host}${fields}\r\n\r\n${body}`;
const chunked = (body: string) => post('Transfer-Encoding: chunked', body);

type Cases = readonly (readonly [bytes: string, code: ErrorCode])[];
const each = (code: ErrorCode, bytes: readonly string[]): Cases => bytes.map((one) => [one, code]);

const ROWS: Record<string, Cases> = {
  'a length beside a coding': each('bad_framing', [
    post('Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
    post('Transfer-Encoding: chunked\r\nContent-Length: 5', '0\r\n\r\n'),
  ]),
  'two lengths': each('bad_framing', [
    post('Content-Length: 5\r\nContent-Length: 6'),
    post('Content-Length: 5\r\ncontent-length: 5'),
  ]),
  'a length that is no plain number': each(
    'bad_framing',
    ['+5', '5e0', '0x5', '5, 6', '-5', '9223372036854775809'].map((length) =>
      post(`Content-Length: ${length}`),
    ),
  ),
  'a coding other than exactly chunked': [
    ...each(
      'coding_not_implemented',
      ['identity', 'gzip, chunked', 'chunked, identity'].map((coding) =>
        post(`Transfer-Encoding: ${coding}`),
      ),
    ),
    ...each(
      'bad_framing',
      ['"chunked"', 'chunked\xa0', '\xa0chunked'].map((coding) => post(`Transfer-Encoding: ${coding}`)),
    ),
    ...each(
      'bad_header',
      ['\vchunked', 'chunked\f', 'chunked\0'].map((coding) => post(`Transfer-Encoding: ${coding}`)),
    ),
  ],
  'white space before a colon': each('bad_header', [get(`${host}X : y\r\n`), get(`${host}X\t: y\r\n`)]),
  'control characters in a value': each(
    'bad_header',
    ['\0', '\r', '\n', '\x01', '\x7f'].map((control) => get(`${host}X: a${control}b\r\n`)),
  ),
  'a name that is no token': each('bad_header', [get(`${host}X Y: z\r\n`), get(`${host}X(Y): z\r\n`)]),
  'a bad request line': each('bad_request_line', [
    get(host, 'GET /'),
    get(host, 'GET  / HTTP/1.1'),
    get(host, 'get / HTTP/1.1'),
    get(host, 'GET / HTTP/1.1 '),
  ]),
  'HTTP/0.9': each('bad_request_line', ['GET /\r\n', `GET /\r\n${host}\r\n`]),
  'HTTP/2.0 in a request line': each('version_not_supported', [
    get(host, 'GET / HTTP/2.0'),
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  ]),
  'a folded line': each('bad_header', [get(`${host}X: a\r\n b\r\n`), get(`X: a\r\n\tb\r\n${host}`)]),
  'a bare line feed': [
    [`GET / HTTP/1.1\n${host}\r\n`, 'bad_request_line'],
    [`GET / HTTP/1.1\r\nHost: ${HOST}\n\r\n`, 'bad_header'],
  ],
  'no Host': each('bad_host', [get('')]),
  'two Hosts': each('bad_host', [get(host + host), get(`${host}host: other\r\n`)]),
  'a Host with a space, a slash or userinfo': each(
    'bad_host',
    [`${HOST} x`, `${HOST}/x`, `u@${HOST}`, `u:p@${HOST}`].map((value) => get(`Host: ${value}\r\n`)),
  ),
  'an absolute target with another Host': each('bad_host', [
    get(host, 'GET http://other.example/ HTTP/1.1'),
    get('Host: other.example\r\n', `GET https://${HOST}/ HTTP/1.1`),
  ]),
  'a bad chunk size': each('bad_chunk', [
    chunked('5x\r\nhello\r\n0\r\n\r\n'),
    chunked('-5\r\nhello\r\n0\r\n\r\n'),
    chunked('0x5\r\nhello\r\n0\r\n\r\n'),
    chunked('ffffffffffffffff5\r\nhello\r\n0\r\n\r\n'),
  ]),
  'CR or LF in a chunk extension': each('bad_chunk', [
    chunked('5;a\nb\r\nhello\r\n0\r\n\r\n'),
    chunked('5;a\rb\r\nhello\r\n0\r\n\r\n'),
  ]),
  'a chunk without its CRLF': each('bad_chunk', [
    chunked('5\r\nhello0\r\n\r\n'),
    chunked('5\r\nhello\n0\r\n\r\n'),
  ]),
  'NUL in a trailer': each('bad_trailer', [chunked('5\r\nhello\r\n0\r\nX: a\0b\r\n\r\n')]),
  'a forbidden trailer': each(
    'bad_trailer',
    [
      'Content-Length: 5',
      `Host: ${HOST}`,
      'Client-Cert: :AA==:',
      'x-forwarded-client-cert: a',
      'X-Real-IP: 1',
    ].map((trailer) => chunked(`5\r\nhello\r\n0\r\n${trailer}\r\n\r\n`)),
  ),
};

for (const [row, cases] of Object.entries(ROWS)) {
  t.test(`${row}: refused, closed, and never forwarded`, async (t) => {
    const { refused } = await startBadInputs(t);
    for (const [bytes, code] of cases) {
      const answer = await refused(bytes + GOOD, code);
      t.equal(answer.headers['connection'], 'close');
    }
  });
}

t.test('a refusal of a bad body is problem+json for whoever asks for it', async (t) => {
  const { refused } = await startBadInputs(t);
  const bytes = post('Accept: application/json\r\nTransfer-Encoding: chunked', 'x\r\n');
  const answer = await refused(bytes, 'bad_chunk');
  t.equal(answer.headers['content-type'], 'application/problem+json');
});
