import t from 'tap';
import { rewriteCookie } from '../../../src/pipeline/cookie-rewrite.ts';

const rules = {
  domains: new Map([
    ['app.internal', 'app.example.com'],
    ['old.internal', ''],
  ]),
  paths: [
    ['/app/admin/', '/admin/'],
    ['/app', ''],
  ] as const,
};

for (const [given, expected] of [
  ['a=b; Domain=app.internal; Path=/', 'a=b; Domain=app.example.com; Path=/'],
  ['a=b;domain=.APP.internal', 'a=b;domain=app.example.com'],
  ['a=b; Domain=old.internal; Secure', 'a=b; Secure'],
  ['a=b; Domain=app.internal.evil.com', 'a=b; Domain=app.internal.evil.com'],
  ['a=b; Path=/app/admin/x; HttpOnly', 'a=b; Path=/admin/x; HttpOnly'],
  ['a=b; Path=/app/x', 'a=b; Path=/x'],
  ['a=b; path=/other', 'a=b; path=/other'],
  ['Domain=app.internal; SameSite=Lax', 'Domain=app.internal; SameSite=Lax'],
  ['a="Path=/app"', 'a="Path=/app"'],
  ['', ''],
  [
    'a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/app/x=y',
    'a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/x=y',
  ],
] as const)
  t.test(given, (t) => {
    t.equal(rewriteCookie(given, rules), expected);
    t.end();
  });
