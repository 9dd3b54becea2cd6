import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { DEV_P12_PASSWORD } from '../../src/app/development.ts';
import { parseCertificate } from '../../src/pki/facts.ts';
import { parsePem } from '../../src/pki/pem.ts';
import { person, skipWithoutChromium } from '../support/chromium.ts';
import { devProcess } from '../support/dev-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { screenshots } from '../support/screenshots.ts';

t.test(
  'a browser is refused, imports what the page says, and is known',
  { skip: skipWithoutChromium },
  async (t) => {
    const cwd = temporaryFolder(t);
    const { port } = await devProcess(t, cwd);
    const ada = person(t, port);
    const whoami = `https://whoami.sallyport.localhost:${port}/`;

    ada.trust(path.join(cwd, 'certs/ca.crt'));
    const before = await ada.open();
    const refused = await before.newPage();
    const requests: string[] = [];
    refused.on('request', (request) => requests.push(request.url()));
    const refusal = await refused.goto(whoami);
    t.equal(refusal?.status(), 403, 'a page, not a reset, and no warning about the CA');
    t.strictSame(requests, [whoami], 'asked for once');
    t.equal(await refused.textContent('#reason'), 'certificate_missing');
    t.equal(await refused.textContent('#cause'), 'none_sent');
    await refused.click('summary');
    t.match(await refused.textContent('details ol'), 'client.p12; the password is sallyport');
    await screenshots(t, refused, 'refusal');
    await before.close();

    ada.importP12(path.join(cwd, 'certs/client.p12'), DEV_P12_PASSWORD);
    const after = await ada.open();
    const page = await after.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    t.equal((await page.goto(whoami))?.status(), 200);
    t.match(await page.textContent('#who'), /^You are ./);
    const shown = await page.locator('dt:text("Email") + dd').allTextContents();
    t.equal(shown.length, 1);
    t.strictSame(shown, emailsIn(path.join(cwd, 'certs/client.crt')));
    await page.click('#try');
    await page.locator('#websocket', { hasText: 'echo ok' }).waitFor();
    await screenshots(t, page, 'whoami');

    await page.goto(`https://localhost:${port}/`);
    t.equal(await page.textContent('h1'), 'Sallyport is running');
    t.strictSame(await page.locator('li a').allTextContents(), [
      `https://localhost:${port}`,
      `https://whoami.sallyport.localhost:${port}`,
      `https://echo.sallyport.localhost:${port}`,
    ]);
    await screenshots(t, page, 'start');

    await page.click('a[href*="echo."]');
    t.equal(await page.textContent('h1'), 'echo');
    await page.click('#try');
    await page.locator('#websocket', { hasText: 'echo ok' }).waitFor();
    await page.click('#start');
    const clock = page.locator('#clock', { hasText: /^\d{4}-/ });
    const first = (await clock.textContent()) ?? '';
    await page.locator('#clock', { hasNotText: first }).waitFor();
    t.pass('the clock goes on: events are not held back');
    await screenshots(t, page, 'echo');
    t.strictSame(complaints, [], 'the security policy of the pages stops nothing of theirs');
  },
);

function emailsIn(file: string): readonly string[] {
  const [certificate] = parsePem(readFileSync(file, 'utf8'));
  return certificate === undefined ? [] : parseCertificate(certificate.der).names.email;
}
