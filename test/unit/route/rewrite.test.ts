import t from 'tap';
import * as fc from '../../support/property.ts';
import {
  anyPath,
  parseExactPath,
  type PathMatcher,
  parsePrefix,
  parseRegex,
} from '../../../src/route/matcher.ts';
import { parsePath } from '../../../src/route/path.ts';
import { parsePrefixRewrite, parseRegexRewrite, type PathRewrite } from '../../../src/route/rewrite.ts';

function compiled<T>(value: T | string): T {
  if (typeof value === 'string') throw new Error(value);
  return value;
}
const rewrite = (text: string, matcher: PathMatcher | string): PathRewrite =>
  compiled(parsePrefixRewrite(text, compiled(matcher)));

t.test('a prefix is replaced, with one slash where the parts meet', (t) => {
  const cases: [prefix: string, to: string, path: string, result: string][] = [
    ['/app', '/', '/app', '/'],
    ['/app', '/', '/app/', '/'],
    ['/app', '/', '/app/x', '/x'],
    ['/app', '/', '/app//evil.example', '/evil.example'],
    ['/app', '/', '/app;v=1', '/;v=1'],
    ['/app/', '/', '/app/x', '/x'],
    ['/app/', '/', '/app/', '/'],
    ['/app/', '/', '/app//x', '/x'],
    ['/app', '/new', '/app', '/new'],
    ['/app', '/new', '/app/', '/new/'],
    ['/app', '/new', '/app/x/y', '/new/x/y'],
    ['/app', '/new', '/app;v=1/x', '/new;v=1/x'],
    ['/app', '/new/', '/app/x', '/new/x'],
    ['/app', '/new/', '/app', '/new/'],
    ['/app/', '/new', '/app/x', '/new/x'],
    ['/app/', '/new', '/app/', '/new'],
    ['/', '/new', '/', '/new'],
    ['/', '/new', '/x', '/new/x'],
    ['/', '/new/', '/x', '/new/x'],
  ];
  for (const [prefix, to, path, result] of cases)
    t.equal(rewrite(to, parsePrefix(prefix))(path), result, `${prefix} to ${to}: ${path}`);
  t.end();
});

t.test('a path and a regex are replaced whole, and without either the rewrite is put in front', (t) => {
  t.equal(rewrite('/new', parseExactPath('/old/x'))('/old/x'), '/new');
  t.equal(rewrite('/new', parseRegex('/old/.*'))('/old/x'), '/new');
  t.equal(rewrite('/base', anyPath)('/x'), '/base/x');
  t.equal(rewrite('/base', anyPath)('//x'), '/base/x');
  t.equal(rewrite('/base', anyPath)('/'), '/base/');
  t.equal(rewrite('/base', anyPath)('*'), '*');
  t.end();
});

t.test('a rewrite that could escape or be misread is refused', (t) => {
  for (const text of ['', 'x', '//evil', '/..', '/a/../b', '/a?b', '/a#b', '/a;b', '/a%2fb', '/a\\b'])
    t.type(parsePrefixRewrite(text, anyPath), 'string', text);
  t.end();
});

t.test('whatever is rewritten begins with exactly one slash and is itself a path that passes', (t) => {
  const texts = fc.constantFrom('/', '/new', '/new/', '/a/b');
  const prefixes = fc.constantFrom('/', '/app', '/app/', '/app/b');
  const rests = fc
    .array(fc.constantFrom('/', '//', 'x', ';', '.', '..', '%2F', '%3B', '%20', 'b'))
    .map((x) => x.join(''));
  fc.assert(
    fc.property(texts, prefixes, rests, (text, prefix, rest) => {
      const matcher = compiled(parsePrefix(prefix));
      const request = parsePath(prefix + rest);
      if (typeof request === 'string' || !matcher.matches(request.path)) return;
      const result = rewrite(text, matcher)(request.path);
      if (!/^\/(?!\/)/.test(result)) t.fail(`${request.path} to ${result}`);
      const again = parsePath(result);
      if (typeof again === 'string' || again.path !== result) t.fail(`${request.path} to ${result}`);
    }),
    { numRuns: 3000 },
  );
  t.end();
});

t.test('an expression, its groups, and what is none', (t) => {
  const rewrite = parseRegexRewrite('^/(\\w+)/(\\w+)', '/\\2/\\1');
  if (typeof rewrite === 'string') throw new Error(rewrite);
  t.equal(rewrite('/a/b/c'), '/b/a/c');
  t.equal(rewrite('*'), '*');
  t.match(parseRegexRewrite('(', ''), /is no expression/);
  t.match(parseRegexRewrite('a', '\\1'), /has no group 1/);
  t.match(parseRegexRewrite('a', 'b c'), /may not hold spaces/);
  t.end();
});
