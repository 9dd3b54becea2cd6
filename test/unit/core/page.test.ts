import { createHash } from 'node:crypto';
import t from 'tap';
import { html, unsafeHtml } from '../../../src/core/html.ts';
import { page, pageSecurityPolicy } from '../../../src/core/page.ts';

t.test('a value in a template is text, never markup', (t) => {
  const name = `<script>alert("x&y")</script>'`;
  t.equal(
    html`<p title="${name}">${name}</p>`.toString(),
    `<p title="&lt;script&gt;alert(&quot;x&amp;y&quot;)&lt;/script&gt;&#39;">&lt;script&gt;alert(&quot;x&amp;y&quot;)&lt;/script&gt;&#39;</p>`,
  );
  t.equal(
    html`${'a\0b\x1bc\x9d'}`.toString(),
    'a\u{fffd}b\u{fffd}c\u{fffd}',
    'control characters are shown as such',
  );
  t.equal(html`${'a\tb\nc'}`.toString(), 'a\tb\nc');
  t.end();
});

t.test('Html, lists, numbers and nothing have their own rendering', (t) => {
  const items = ['a<', 'b'].map((item) => html`<li>${item}</li>`);
  t.equal(html`<ul>${items}</ul>${undefined}${0}`.toString(), '<ul><li>a&lt;</li><li>b</li></ul>0');
  t.equal(html`${['<', unsafeHtml('<b>')]}`.toString(), '&lt;<b>');
  t.end();
});

t.test('the security policy of a page lets exactly its own style and script run', (t) => {
  const script = 'document.title = 1 < 2';
  const text = page({ title: 'A & B', body: html`<h1>hello</h1>`, script });
  t.match(text, '<title>A &amp; B</title>');
  const hash = (tag: string) => {
    const source = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(text)?.[1] ?? '';
    return `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
  };
  t.ok(pageSecurityPolicy(script).includes(`script-src ${hash('script')}`));
  t.ok(pageSecurityPolicy().includes(`style-src ${hash('style')}`));
  t.notOk(pageSecurityPolicy().includes('script-src'));
  t.end();
});

t.test('a page asks nobody else for anything', (t) => {
  const text = page({ title: 'x', body: html`<p>x</p>` });
  t.notMatch(text, /https?:|url\(|@import|<script/);
  t.match(text, 'prefers-color-scheme: dark');
  t.end();
});
