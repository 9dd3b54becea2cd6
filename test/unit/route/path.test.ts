import t from 'tap';
import * as fc from '../../support/property.ts';
import { parsePath, type RequestPath } from '../../../src/route/path.ts';
import { encodedSet } from '../../../src/route/percent.ts';

function parsed(target: string): RequestPath {
  const result = parsePath(target);
  if (typeof result === 'string') throw new Error(`${target}: ${result}`);
  return result;
}

t.test('a plain path is taken as it is', (t) => {
  for (const path of ['/', '/a', '/a/', '/a/b.txt', '/.well-known/x', '/a..b/...', '/@user/x+y', '/a=b&c,d'])
    t.match(parsed(path), { path, query: '', reading: path, encoded: 0 });
  t.equal(parsed('*').path, '*');
  t.end();
});

t.test('the query is split off and kept as sent', (t) => {
  t.match(parsed('/a?b=%zz&c=../%2f;\\'), { path: '/a', query: '?b=%zz&c=../%2f;\\' });
  t.match(parsed('/a?'), { path: '/a', query: '?' });
  t.match(parsed('/a?b?c'), { path: '/a', query: '?b?c' });
  t.end();
});

t.test('what is no origin-form target is a bad target', (t) => {
  for (const target of [
    '',
    'a',
    '?',
    'http://a/',
    '**',
    '*/',
    '/a b',
    '/a\tb',
    '/a\r\nX: y',
    '/a\0',
    '/é',
    '/a#b',
  ])
    t.equal(parsePath(target), 'bad_target', JSON.stringify(target));
  for (const target of ['/?a b', '/?a\n', '/?é', '/?a#b', '/?\x7f'])
    t.equal(parsePath(target), 'bad_target', JSON.stringify(target));
  t.end();
});

t.test('raw backslashes and broken escapes are a bad path', (t) => {
  for (const target of ['/a\\b', '/%', '/a%2', '/%zz', '/%u002f', '/%2', '/%%2f', '/a%'])
    t.equal(parsePath(target), 'bad_path', target);
  t.end();
});

t.test(
  'a dot segment is refused in every disguise, even where a route allows encoded dots and slashes',
  (t) => {
    const disguises = [
    '/..', '/.', '/../', '/./a', '/a/..', '/a/../b', '/a/.', '/a//..', '/%2e%2e/a', '/%2E./a', '/a/.%2e', '/%2e',
    '/..;/a', '/a/..;x=1/b', '/.;a', '/..%3b/a', '/a%2f../b', '/a%2F..%2fb', '/a%5c..%5Cb', '/..%5ca', '/%2e%2e%2fa',
    '/..%3Bx%3By/',
  ]; // prettier-ignore
    for (const target of disguises) t.equal(parsePath(target), 'bad_path', target);
    t.end();
  },
);

t.test(
  'encoded letters, digits, - _ ~ stand for themselves, other escapes are spelled in upper case',
  (t) => {
    t.equal(parsed('/%61dmin/%7Euser/%2d%5f%30').path, '/admin/~user/-_0');
    t.equal(parsed('/caf%c3%a9/a%20b/%3a%40').path, '/caf%C3%A9/a%20b/%3A%40');
    t.equal(parsed('/%2561').path, '/%2561', 'decoded once, never twice');
    t.end();
  },
);

t.test('encoded slash, backslash, dot and NUL are told, in any case of hex', (t) => {
  t.equal(parsed('/a%2fb').encoded, encodedSet(['%2f']));
  t.equal(parsed('/a%2Fb').encoded, encodedSet(['%2f']));
  t.equal(parsed('/a%5cb').encoded, encodedSet(['%5c']));
  t.equal(parsed('/a%2Etxt').encoded, encodedSet(['%2e']));
  t.equal(parsed('/a%00').encoded, encodedSet(['%00']));
  t.equal(parsed('/%00%2e%2f%5C').encoded, encodedSet(['%2f', '%5c', '%2e', '%00']));
  t.equal(parsed('/%252f').encoded, 0);
  t.end();
});

t.test('the liberal reading drops parameters, merges slashes and decodes', (t) => {
  const readings: Record<string, string> = {
    '/a;v=1/b;w': '/a/b',
    '/a%3Bv/b': '/a/b',
    '//a///b//': '/a/b/',
    '/;x': '/',
    '//': '/',
    '/a/;x/b': '/a/b',
    '/x%40y%2B': '/x@y+',
    '/a%2Fb%5Cc': '/a/b/c',
    '/caf%C3%A9%20%0A%25': '/caf%C3%A9%20%0A%25',
  };
  for (const [path, reading] of Object.entries(readings)) t.match(parsed(path), { path, reading });
  t.equal(parsePath('/a;b%2Fc'), 'bad_path', 'does the slash end the parameter? nobody knows');
  t.equal(parsePath('/a%3Bb%5Cc'), 'bad_path');
  t.end();
});

const piece = fc.oneof(
  fc.constantFrom('/', '//', '.', '..', ';', '%', '%2', '%2f', '%2F', '%5c', '%2e', '%00', '%3b', '%25', '%61', '%c3%a9'),
  fc.string({ unit: 'grapheme-ascii', maxLength: 4 }),
); // prettier-ignore
const anyTarget = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);

t.test('parsing what was parsed changes nothing: what is matched is what is forwarded', (t) => {
  fc.assert(
    fc.property(anyTarget, (target) => {
      const once = parsePath(target);
      if (typeof once === 'string') return;
      const twice = parsed(once.path + once.query);
      t.equal(twice.path + twice.query, once.path + once.query);
      t.equal(twice.reading, once.reading);
    }),
    { numRuns: 2000 },
  );
  t.end();
});

t.test('no path that passes leaves the root, however it is read', (t) => {
  fc.assert(
    fc.property(anyTarget, (target) => {
      const request = parsePath(target);
      if (typeof request === 'string') return;
      for (const path of [request.path, request.reading, decodeOnce(request.path)])
        for (const segment of path.split(/[/\\]/))
          if (/^\.{1,2}(;.*)?$/s.test(segment)) t.fail(`${target}: ${path}`);
      if (!request.reading.startsWith('/') || request.reading.startsWith('//'))
        t.fail(`${target}: ${request.reading}`);
    }),
    { numRuns: 2000 },
  );
  t.end();
});

function decodeOnce(path: string): string {
  return path.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
