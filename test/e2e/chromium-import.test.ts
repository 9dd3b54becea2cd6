import path from 'node:path';
import t from 'tap';
import { DEV_P12_PASSWORD } from '../../src/app/development.ts';
import { deleteCertificate, person, skipWithoutChromium } from '../support/chromium.ts';
import { devProcess } from '../support/dev-process.ts';
import { temporaryFolder } from '../support/folder.ts';

t.test(
  'who imports a certificate after a refusal is admitted without closing the browser',
  { skip: skipWithoutChromium },
  async (t) => {
    const cwd = temporaryFolder(t);
    const { port } = await devProcess(t, cwd);
    const ada = person(t, port);
    const whoami = `https://whoami.sallyport.localhost:${port}/`;
    ada.trust(path.join(cwd, 'certs/ca.crt'));
    ada.addSpare('Spare');
    const browser = await ada.open();
    const page = await browser.newPage();
    t.equal((await page.goto(whoami))?.status(), 403);
    t.equal((await page.reload())?.status(), 403);

    ada.importP12(path.join(cwd, 'certs/client.p12'), DEV_P12_PASSWORD);
    const echo = await browser.newPage();
    t.equal(
      (await echo.goto(`https://echo.sallyport.localhost:${port}/`))?.status(),
      200,
      'a host never tried before',
    );
    // An import by the browser's own certificate manager has it forget that it had none to show. Nobody is there to
    // pick a file in the system's dialog, but a deletion has the same effect.
    await deleteCertificate(browser, 'Spare');
    t.equal((await page.reload())?.status(), 200, 'the host that refused before');
    t.match(await page.textContent('#who'), /^You are ./);
  },
);
