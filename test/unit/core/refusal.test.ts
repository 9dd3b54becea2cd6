import t from 'tap';
import { html } from '../../../src/core/html.ts';
import { negotiateRefusal, type Refusal, renderRefusal } from '../../../src/core/refusal.ts';

const refusal: Refusal = {
  status: 403,
  title: 'Forbidden',
  code: 'client_certificate_required',
  text: 'A client certificate is required to come in here.',
  reason: 'none_sent',
  requestId: '0d9c<&>',
};

t.test('browsers get a page, JSON clients a problem, terminals text', (t) => {
  const chromium =
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8';
  const cases: [accept: string | undefined, form: string][] = [
    [chromium, 'html'],
    ['*/*', 'text'],
    [undefined, 'text'],
    ['', 'text'],
    ['application/json', 'json'],
    ['application/problem+json', 'json'],
    ['application/vnd.api+json', 'json'],
    ['application/json, text/plain, */*', 'json'],
    ['text/html;q=0.5, application/json', 'json'],
    ['application/json;q=0.5, TEXT/HTML', 'html'],
    ['application/json, text/html', 'html'],
    ['text/html;q=0, application/json;q=0.1', 'json'],
    ['text/html;q=0', 'text'],
    ['text/plain, text/html;q=0.9', 'text'],
    ['image/avif,image/webp,*/*', 'text'],
    [';;;,,, q=9 ,text/html;q=nonsense', 'html'],
  ];
  for (const [accept, form] of cases) t.equal(negotiateRefusal(accept), form, String(accept));
  t.end();
});

t.test('a problem has the members of RFC 9457 and ours', (t) => {
  const { contentType, body } = renderRefusal(refusal, 'json');
  t.equal(contentType, 'application/problem+json');
  t.strictSame(JSON.parse(body), {
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    detail: 'A client certificate is required to come in here.',
    code: 'client_certificate_required',
    reason: 'none_sent',
    request_id: '0d9c<&>',
  });
  t.notOk('reason' in JSON.parse(renderRefusal({ ...refusal, reason: undefined }, 'json').body));
  t.end();
});

t.test('text begins with what happened', (t) => {
  const { contentType, body } = renderRefusal(refusal, 'text');
  t.equal(contentType, 'text/plain; charset=utf-8');
  t.equal(
    body,
    '403 Forbidden: A client certificate is required to come in here.\n' +
      '(client_certificate_required, none_sent; request 0d9c<&>)\n',
  );
  t.end();
});

t.test('the page escapes everything but the help', (t) => {
  const { contentType, body } = renderRefusal({ ...refusal, help: html`<h2>How to get in</h2>` }, 'html');
  t.equal(contentType, 'text/html; charset=utf-8');
  t.match(body, '<code>0d9c&lt;&amp;&gt;</code>');
  t.match(body, '<code id="reason">none_sent</code>');
  t.match(body, '<h2>How to get in</h2>');
  t.match(body, '<title>403 Forbidden</title>');
  t.end();
});
