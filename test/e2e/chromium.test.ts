import path from 'node:path';
import t from 'tap';
import type { Page } from 'playwright-core';
import { DEV_P12_PASSWORD } from '../../src/app/development.ts';
import { person, skipWithoutChromium } from '../support/chromium.ts';
import { devProcess } from '../support/dev-process.ts';
import { temporaryFolder } from '../support/folder.ts';

const PICTURES = path.resolve(import.meta.dirname, '../../.tap/screenshots');

/** To be looked at: light and dark. */
async function picture(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: path.join(PICTURES, `${name}-${colorScheme}.png`) });
  }
}

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
    const refusal = await refused.goto(whoami);
    t.equal(refusal?.status(), 403, 'a page, not a reset, and no warning about the CA');
    t.equal(await refused.textContent('#reason'), 'none_sent');
    await refused.click('summary');
    t.match(await refused.textContent('details ol'), 'client.p12; the password is sallyport');
    await picture(refused, 'refusal');
    await before.close();

    ada.importP12(path.join(cwd, 'certs/client.p12'), DEV_P12_PASSWORD);
    const after = await ada.open();
    const page = await after.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    t.equal((await page.goto(whoami))?.status(), 200);
    t.match(await page.textContent('#who'), /^You are ./);
    await page.click('#try');
    await page.locator('#websocket', { hasText: 'echo ok' }).waitFor({ timeout: 10_000 });
    t.pass('a WebSocket passes both doors');
    await picture(page, 'whoami');

    await page.goto(`https://localhost:${port}/`);
    t.equal(await page.textContent('h1'), 'Sallyport is running');
    await picture(page, 'start');
    await page.click('a[href*="echo."]');
    t.equal(await page.textContent('h1'), 'echo');
    await picture(page, 'echo');
    t.strictSame(complaints, [], 'the security policy of the pages stops nothing of theirs');
  },
);
