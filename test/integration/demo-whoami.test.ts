import t from 'tap';
import { startPage } from '../../src/cli/demo/start-page.ts';
import { whoami } from '../../src/cli/demo/whoami.ts';
import { makeTestPki } from '../support/certificates.ts';
import { call, demoApp } from '../support/demo-apps.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

async function told() {
  const { client } = await makeTestPki();
  return { 'Client-Cert': `:${client.der.toString('base64')}:` };
}

t.test('a terminal is told first of all who it is', async (t) => {
  const { url } = await demoApp(t, { handler: whoami });
  const { text, headers } = await call(url, {
    headers: { ...(await told()), Accept: '*/*', 'X-Odd': 'a\u009bb' },
  });
  t.match(text, /^You are Alice Example\nSubject: CN=Alice Example,O=Example\nEmail: alice@example\.com\n/);
  t.match(text, '\nURI: spiffe://example.com/alice\n');
  t.match(text, '\nX-Odd: a\u{fffd}b\n', 'and cannot be steered by a header');
  t.equal(headers['content-type'], 'text/plain; charset=utf-8');
});

t.test('a browser gets a page in which nothing that was sent is markup', async (t) => {
  const { url } = await demoApp(t, { handler: whoami });
  const sent = { ...(await told()), Accept: BROWSER, 'X-Odd': '<script>alert(1)</script>' };
  const { text, headers } = await call(url, { headers: sent });
  t.match(text, '<h1 id="who">You are Alice Example</h1>');
  t.match(text, '<td class="data">&lt;script&gt;alert(1)&lt;/script&gt;</td>');
  t.match(headers['content-security-policy'], "script-src 'sha256-");
  t.equal(headers.vary, 'Accept');
});

t.test('a program gets the same as JSON, repeated headers included', async (t) => {
  const { url } = await demoApp(t, { handler: whoami });
  const { text } = await call(`${url}/some/path?x`, {
    headers: { ...(await told()), Accept: 'application/json', 'X-Twice': ['1', '2'] },
  });
  const report = JSON.parse(text);
  t.equal(report.caller.name, 'Alice Example');
  t.strictSame(report.request, { method: 'GET', url: '/some/path?x', httpVersion: '1.1' });
  t.strictSame(
    report.headers.filter(([name]: string[]) => name === 'X-Twice'),
    [
      ['X-Twice', '1'],
      ['X-Twice', '2'],
    ],
  );
});

t.test('whoami knows nobody who was not named', async (t) => {
  const { url } = await demoApp(t, { handler: whoami });
  t.match((await call(url)).text, /^Nobody told me who you are\.\n/);
  t.match(
    (await call(url, { headers: { 'Client-Cert': 'x' } })).text,
    '\nDoubt: Client-Cert is not a certificate.\n',
  );
});

t.test('the start page lists the routes and whom it sees', async (t) => {
  const routes = [{ url: 'https://whoami.sallyport.localhost:8443', description: 'Who am I & why' }];
  const { url } = await demoApp(t, { handler: startPage(() => routes) });
  const { text } = await call(url, { headers: { ...(await told()), Accept: BROWSER } });
  t.match(text, '<a href="https://whoami.sallyport.localhost:8443">');
  t.match(text, 'Who am I &amp; why');
  t.match(text, 'CN=Alice Example,O=Example');
  t.match((await call(url)).text, /^Sallyport is running\.\nhttps:\/\/whoami/);
  t.equal((await call(`${url}/x`)).status, 404);
});
