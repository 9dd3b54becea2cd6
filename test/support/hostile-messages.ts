// Hundreds of messages that a proxy must not pass on, made by combining what is known to tell parsers apart. Each names
// its family, which is what the list of differences from Node's parser speaks of, and the error it must end in.
import type { ErrorCode } from '../../src/core/errors.ts';
import { hostileBodies } from './hostile-bodies.ts';

export interface HostileMessage {
  readonly family: string;
  readonly code: ErrorCode;
  /** One message in latin1, with nothing behind it. */
  readonly text: string;
}

export type Add = (family: string, code: ErrorCode, text: string) => void;

const GET = 'GET / HTTP/1.1\r\n';
const HOST = 'Host: a\r\n';
const byte = (code: number) => String.fromCharCode(code);

/** Every byte that may stand nowhere in a head, but CR and LF, which have families of their own. */
const CONTROLS = [...Array(32).keys(), 127]
  .filter((code) => code !== 9 && code !== 10 && code !== 13)
  .map(byte);

function hostileLines(add: Add): void {
  for (const [family, code, text] of [
    ['lf in the request line', 'bad_request_line', `GET / HTTP/1.1\n${HOST}\r\n`],
    ['lf after a field', 'bad_header', `${GET}Host: a\nX: 1\r\n\r\n`],
    ['lf after a field', 'bad_header', `${GET}Host: a\n\r\n`],
    ['lf as the empty line', 'bad_header', `${GET}Host: a\r\n\n`],
    ['lf only', 'bad_request_line', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['cr without lf', 'bad_request_line', `GET / HTTP/1.1\r${HOST}\r\n`],
    ['cr without lf', 'bad_request_line', `GET /\r HTTP/1.1\r\n${HOST}\r\n`],
    ['cr without lf', 'bad_header', `${GET}Host: a\rX: 1\r\n\r\n`],
    ['cr without lf', 'bad_header', `${GET}Host: a\r\r\n\r\n`],
    ['cr without lf', 'bad_header', `${GET}Host: a\r\n\rX: 1\r\n\r\n`],
    ['cr without lf', 'bad_header', `${GET}Host: a\r\nX:\r1\r\n\r\n`],
    ['empty lines', 'bad_request_line', `\r\n\r\n${GET}${HOST}\r\n`],
    ['bare lf or cr in front', 'bad_request_line', `\n${GET}${HOST}\r\n`],
    ['bare lf or cr in front', 'bad_request_line', `\r${GET}${HOST}\r\n`],
    ['leading space', 'bad_request_line', ` ${GET}${HOST}\r\n`],
  ] as const)
    add(family, code, text);
}

function hostileFields(add: Add): void {
  for (const control of CONTROLS) {
    add('control in a value', 'bad_header', `${GET}${HOST}X: a${control}b\r\n\r\n`);
    add('control in a value', 'bad_header', `${GET}${HOST}X:${control}b\r\n\r\n`);
    add('control in a value', 'bad_header', `${GET}${HOST}X: b${control}\r\n\r\n`);
    add('control in a name', 'bad_header', `${GET}${HOST}X${control}Y: b\r\n\r\n`);
    add('control in the request line', 'bad_request_line', `GET /${control} HTTP/1.1\r\n${HOST}\r\n`);
  }
  for (const character of ' \t"(),/;<=>?@[\\]{}\x80\xa0\xff') {
    add('no token as a name', 'bad_header', `${GET}${HOST}X${character}Y: b\r\n\r\n`);
    add('no token as a name', 'bad_header', `${GET}${HOST}X${character}: b\r\n\r\n`);
    add('no token as a name', 'bad_header', `${GET}${HOST}${character}X: b\r\n\r\n`);
  }
  for (const character of "_.!#$%&'*+^`|~")
    add('odd name', 'bad_header_name', `${GET}${HOST}X${character}Y: b\r\n\r\n`);
  for (const field of [': b', 'X', 'X b'])
    add('no name or no colon', 'bad_header', `${GET}${HOST}${field}\r\n\r\n`);
  for (const blank of [' ', '\t', '  ']) {
    add('folded line', 'bad_header', `${GET}${HOST}X: a\r\n${blank}b\r\n\r\n`);
    add('folded line', 'bad_header', `${GET}${HOST}X: a\r\n${blank}\r\n\r\n`);
    add('folded line', 'bad_header', `${GET}${HOST}Transfer-Encoding:\r\n${blank}chunked\r\n\r\n0\r\n\r\n`);
    add('folded first line', 'bad_header', `${GET}${blank}${HOST}\r\n`);
    for (const name of ['Content-Length', 'Transfer-Encoding', 'Host'])
      add('space before the colon', 'bad_header', `${GET}${HOST}${name}${blank}: 0\r\n\r\n`);
  }
  for (const value of ['close; x', '"close"', 'a b', 'close\xa0', '@'])
    add('no list in Connection', 'bad_header', `${GET}${HOST}Connection: ${value}\r\n\r\n`);
  for (const value of ['200-ok', '100-continue, x', '100', '', '100-continue;q=1'])
    add('other expectation', 'expectation_failed', `${GET}${HOST}Expect: ${value}\r\n\r\n`);
  const twice = 'Expect: 100-continue\r\n'.repeat(2);
  add('other expectation', 'expectation_failed', `${GET}${HOST}${twice}\r\n`);
}

function hostileRequestLines(add: Add): void {
  const line = (family: string, code: ErrorCode, text: string) => add(family, code, `${text}\r\n${HOST}\r\n`);
  for (const text of ['GET / HTTP/1.1 ', 'GET  / HTTP/1.1', 'GET /  HTTP/1.1', 'GET / HTTP/1.1\t'])
    line('blanks in the request line', 'bad_request_line', text);
  for (const text of ['GET\t/ HTTP/1.1', 'GET /\tHTTP/1.1', 'GET / x HTTP/1.1', 'GET'])
    line('request line', text.includes('/\t') ? 'bad_target' : 'bad_request_line', text);
  line('http/0.9', 'bad_request_line', 'GET /');
  line('http/0.9', 'bad_request_line', 'GET / ');
  for (const method of ['get', 'Get', 'G_T', 'G(T', '"GET"', 'G\xc9T', ''])
    line('method', 'bad_request_line', `${method} / HTTP/1.1`);
  for (const version of ['HTTP/0.9', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/3.0', 'HTTP/0.1', 'HTTP/9.9'])
    line(
      version.startsWith('HTTP/2') || version === 'HTTP/0.9' ? 'version known to Node' : 'version',
      'version_not_supported',
      `GET / ${version}`,
    );
  const bad = ['http/1.1', 'HTTP/1', 'HTTP/1.', 'HTTP/.1', 'HTTP/1,1', 'HTTP/01.1', 'HTTP/1.01', 'HTTP/1.1x'];
  for (const version of [
    ...bad,
    'HTTP/11',
    'HTTP/1.1.1',
    'HTTPS/1.1',
    'HTTP1.1',
    'ICY',
    'RTSP/1.0',
    'HTTP/+1.1',
  ])
    line(
      version === 'RTSP/1.0' ? 'other protocol' : 'malformed version',
      'bad_request_line',
      `GET / ${version}`,
    );
  line('http/2 preface', 'version_not_supported', 'PRI * HTTP/2.0');
  for (const character of '"<>')
    for (const target of [`/${character}`, `/?${character}`])
      line('character to be encoded', 'bad_target', `GET ${target} HTTP/1.1`);
  for (const target of ['/#', '/?#', '/a#b', 'http://a/#'])
    line('fragment', 'bad_target', `GET ${target} HTTP/1.1`);
  line('backslash in the path', 'bad_target', 'GET /a\\b HTTP/1.1');
  line('backslash in the path', 'bad_target', 'GET http://a\\b/ HTTP/1.1');
  for (const character of '\x80\xa0\xff') {
    line('byte over 0x7E in the target', 'bad_target', `GET /${character} HTTP/1.1`);
    line('byte over 0x7E in the target', 'bad_target', `GET /?${character} HTTP/1.1`);
  }
  for (const target of [
    'a',
    'a/b',
    'a:80',
    '?x',
    'http:',
    'http:/',
    'http:a',
    'http:/a',
    '://a',
    '@',
    '**',
    'xhttp://a/',
  ])
    line('no form of a target', 'bad_target', `GET ${target} HTTP/1.1`);
  for (const target of ['ftp://a/', 'ws://a/', 'urn:a:b', 'file:///etc/passwd', 'h2c://a/'])
    line('other scheme', 'bad_target', `GET ${target} HTTP/1.1`);
  for (const method of ['GET', 'POST', 'HEAD']) line('star', 'bad_target', `${method} * HTTP/1.1`);
  for (const target of ['/', 'a', 'http://a/', '*', 'a:', 'a:x'])
    line('CONNECT without host and port', 'bad_target', `CONNECT ${target} HTTP/1.1`);
}

function hostileHosts(add: Add): void {
  add('no Host', 'bad_host', `${GET}\r\n`);
  for (const second of ['a', 'b', ''])
    add('two Host fields', 'bad_host', `${GET}${HOST}host: ${second}\r\n\r\n`);
  add('two Host fields', 'bad_host', `GET / HTTP/1.0\r\n${HOST}${HOST}\r\n`);
  const words =
    'a/b u@a u:p@a a?b a#b a\\b * *.a a..b .a -a a%2eb a:x a:80:80 a:-1 a:65536 a:+1 :80 [::1 ::1 [::1]x [::1%25eth0] ' +
    '[a] 1.2.3 127.1 0x7f.1 a;b "a" http://a (a) 999.1.1.1';
  for (const host of [...words.split(' '), '', 'a b', 'a, b', 'a\tb', 'b\xfccher', 'a_\x80']) {
    add('malformed Host', 'bad_host', `${GET}Host: ${host}\r\n\r\n`);
    if (host !== '') add('malformed Host', 'bad_host', `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
  }
  for (const [target, host] of [
    ['http://b/', 'a'],
    ['http://a:80/', 'a'],
    ['http://a/', 'a:80'],
    ['https://a.b/', 'a'],
  ])
    add('target and Host differ', 'bad_host', `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  add('absolute target without Host', 'bad_host', 'GET http://a/ HTTP/1.1\r\n\r\n');
  for (const authority of ['u@a', 'u:p@a', '', 'a:x', 'a%2eb', '[::1'])
    add('malformed authority', 'bad_host', `GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  for (const authority of ['a:443', 'a:80'])
    add('CONNECT and Host differ', 'bad_host', `CONNECT ${authority} HTTP/1.1\r\nHost: b:443\r\n\r\n`);
}

function allHostile(): HostileMessage[] {
  const messages: HostileMessage[] = [];
  const add: Add = (family, code, text) => void messages.push({ family, code, text });
  for (const family of [hostileLines, hostileFields, hostileRequestLines, hostileHosts, hostileBodies])
    family(add);
  return messages;
}

export const HOSTILE_MESSAGES: readonly HostileMessage[] = allHostile();
