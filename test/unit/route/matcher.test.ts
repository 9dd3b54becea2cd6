import t from 'tap';
import { parseExactPath, type PathMatcher, parsePrefix, parseRegex } from '../../../src/route/matcher.ts';

function compiled(matcher: PathMatcher | string): PathMatcher {
  if (typeof matcher === 'string') throw new Error(matcher);
  return matcher;
}

t.test('a prefix ends on a segment border', (t) => {
  const app = compiled(parsePrefix('/app'));
  for (const path of ['/app', '/app/', '/app/x', '/app;v=1', '/app;v=1/x']) t.ok(app.matches(path), path);
  for (const path of ['/application', '/ap', '/', '/App', '/app%20', '/x/app', '*'])
    t.notOk(app.matches(path), path);
  const under = compiled(parsePrefix('/app/'));
  t.ok(under.matches('/app/'));
  t.ok(under.matches('/app/x'));
  t.notOk(under.matches('/app'));
  const root = compiled(parsePrefix('/'));
  t.ok(root.matches('/'));
  t.ok(root.matches('/x'));
  t.notOk(root.matches('*'));
  t.end();
});

t.test('an exact path matches itself, in the spelling of requests', (t) => {
  const path = compiled(parseExactPath('/café/a b'));
  t.equal(path.pattern, '/caf%C3%A9/a%20b');
  t.ok(path.matches('/caf%C3%A9/a%20b'));
  t.notOk(path.matches('/caf%C3%A9/a%20b/'));
  t.end();
});

t.test('a regular expression matches the whole path', (t) => {
  const regex = compiled(parseRegex('/a|/b/[0-9]+'));
  for (const path of ['/a', '/b/1', '/b/123']) t.ok(regex.matches(path), path);
  for (const path of ['/ab', '/x/a', '/b/', '/b/1/', '/a\n'])
    t.notOk(regex.matches(path), JSON.stringify(path));
  t.notOk(compiled(parseRegex('.*')).matches('*'), 'the target of OPTIONS * is no path');
  t.end();
});

t.test('a regular expression takes linear time', (t) => {
  const regex = compiled(parseRegex('/(a+)+$'));
  const started = performance.now();
  t.notOk(regex.matches(`/${'a'.repeat(5000)}!`));
  t.ok(performance.now() - started < 1000);
  t.end();
});

t.test('a pattern that is none says why', (t) => {
  t.match(parsePrefix('app'), "must begin with '/'");
  t.match(parseExactPath(''), "must begin with '/'");
  t.match(parseExactPath('/a?b'), 'has a query');
  for (const text of ['/a/../b', '/a//b', '/a;b', '/a%2fb', '/a%40b', '/a\\b', '/%zz'])
    t.match(parsePrefix(text), 'can be read in two ways', text);
  t.match(parseRegex('(a'), 'is not a regular expression in RE2 syntax');
  t.match(parseRegex('(?=a)'), 'is not a regular expression in RE2 syntax');
  t.match(parseRegex('(a)\\1'), 'is not a regular expression in RE2 syntax');
  t.end();
});
