// The page for whoever runs the proxy, in the real Chromium: alive, by keyboard too, and without anything from elsewhere.
import t from 'tap';
import { startApp } from '../support/app.ts';
import { makeTestPki } from '../support/certificates.ts';
import { person, skipWithoutChromium } from '../support/chromium.ts';
import { call, clientOptions, openClient } from '../support/client.ts';
import { startProxy } from '../support/proxy.ts';
import { screenshots } from '../support/screenshots.ts';

const HOST = 'app.sallyport.localhost';

t.test('what goes on is seen as it goes on', { skip: skipWithoutChromium }, async (t) => {
  const pki = await makeTestPki();
  const [one, other] = [await startApp(t), await startApp(t)];
  const routes = [
    {
      from: `https://${HOST}`,
      to: [one.url, other.url],
      policy: [{ allow: { and: [{ accept: true }] } }, { deny: { or: [{ http_path: { is: '/secret' } }] } }],
    },
  ];
  const { proxy, port } = await startProxy(t, { routes, admin_address: '127.0.0.1:0' });
  const { adminAddress } = proxy;
  if (adminAddress === undefined || 'path' in adminAddress) throw new Error('no admin listener');
  const options = clientOptions(pki, port);
  await openClient(t, options);

  const context = await person(t, port).open();
  const page = await context.newPage();
  const asked = new Set<string>();
  const complaints: string[] = [];
  page.on('request', (request) => asked.add(new URL(request.url()).host));
  page.on('console', (message) => complaints.push(message.text()));
  await page.goto(`http://127.0.0.1:${adminAddress.port}/`);
  t.match(await page.textContent('h1'), /^Sallyport is ready$/);
  t.equal(await page.locator('figure svg polyline').count(), 4);
  t.match(await page.textContent('#live'), /Refusals\s*None\./);

  for (let i = 0; i < 20; i++) await call(options);
  t.equal((await call(options, { path: '/secret' })).status, 403);
  const refusal = page.locator('#live a', { hasText: '/secret' });
  await refusal.waitFor();
  t.match(await page.textContent('#live'), /CN=Alice Example/);
  t.match(await page.textContent('#live'), /https:\/\/localhost:\d+\s*well/);
  await screenshots(t, page, 'dashboard');

  await page.locator('#pause').focus();
  await page.keyboard.press('Enter');
  t.equal(await page.getAttribute('#pause', 'aria-pressed'), 'true');
  await page.keyboard.press('Tab');
  t.match(await page.evaluate('document.activeElement.textContent'), /\/secret$/, 'the next stop');
  t.strictSame(complaints, []);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/explain\?url=/);
  t.match(await page.textContent('body'), /"kind": "refused"|"refused"/);
  t.strictSame([...asked], [`127.0.0.1:${adminAddress.port}`], 'nothing from elsewhere');
});
