import t from 'tap';
import { compileTemplate } from '../../../src/core/refusal-template.ts';

const fill = (
  text: string,
  values: Parameters<Extract<ReturnType<typeof compileTemplate>, Function>>[0],
): string => {
  const template = compileTemplate(text);
  if (typeof template === 'string') throw new Error(template);
  return template(values);
};

t.test('placeholders are filled in as text, whatever is in them', async (t) => {
  const text = '<h1 title="{{host}}">{{ title }}</h1>{{title}}{{message}}.';
  t.equal(
    fill(text, { title: '<script>"&', host: `'"x` }),
    '<h1 title="&#39;&quot;x">&lt;script&gt;&quot;&amp;</h1>&lt;script&gt;&quot;&amp;.',
  );
  t.equal(fill('{{title}}', { title: '{{status}}', status: '403' }), '{{status}}', 'and not twice');
  t.equal(fill('none', {}), 'none');
});

t.test('what is no placeholder, or too long, is said', async (t) => {
  t.match(compileTemplate('{{#if x}}'), /^\{\{#if x\}\} is no placeholder: those there are \{\{status\}\}/);
  t.match(compileTemplate('{{constructor}}'), /is no placeholder/);
  t.match(compileTemplate('x'.repeat(300_000)), /256 KiB are the most/);
});
