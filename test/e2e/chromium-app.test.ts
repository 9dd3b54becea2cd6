// A whole web app behind a wildcard route, in the real Chromium over HTTP/2: what a company's browsers do all day.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { encodePkcs12 } from '../../src/pki/pkcs12.ts';
import { makeTestPki } from '../support/certificates.ts';
import { person, skipWithoutChromium } from '../support/chromium.ts';
import { temporaryFolder } from '../support/folder.ts';
import { DOWNLOAD, FILES, startIntranet } from '../support/intranet-app.ts';
import { startProxy } from '../support/proxy.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** In the page: the protocols of everything that it has loaded. */
const PROTOCOLS = `[...new Set([...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter(({ name }) => name.startsWith('https:')).map(({ nextHopProtocol }) => nextHopProtocol))]`;
const PICTURES = `[...document.images].filter(({ complete, naturalWidth }) => complete && naturalWidth === 8).length`;

const ROUTES = { 'as it is': {}, compressed: { compress: ['zstd', 'br', 'gzip'] } } as const;

for (const [how, settings] of Object.entries(ROUTES))
  t.test(
    `login, many files, upload, download, events, a WebSocket: ${how}`,
    { skip: skipWithoutChromium },
    async (t) => {
      const pki = await makeTestPki();
      const app = await startIntranet(t);
      const { port, heard } = await startProxy(t, {
        routes: [{ from: 'https://*.sallyport.localhost', to: app, allow_websockets: true, ...settings }],
      });
      const folder = temporaryFolder(t);
      const files = { ca: path.join(folder, 'ca.crt'), p12: path.join(folder, 'alice.p12') };
      writeFileSync(files.ca, pki.serverCa.certPem);
      const password = 'correct horse';
      writeFileSync(
        files.p12,
        encodePkcs12({ ...pki.client, caPem: pki.clientCa.certPem, friendlyName: 'Alice', password }),
      );
      const alice = person(t, port);
      alice.trust(files.ca);
      alice.importP12(files.p12, password);
      const page = await (await alice.open()).newPage();
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));

      await page.goto(`https://wiki.sallyport.localhost:${port}/`);
      await page.fill('input[name=user]', 'alice');
      await page.click('button');
      await page.locator('h1', { hasText: 'alice, session=alice; theme=dark' }).waitFor();
      t.equal(await page.textContent('#sum'), String((FILES * (FILES - 1)) / 2), 'every module');
      t.equal(await page.evaluate(PICTURES), FILES, 'every picture');
      t.equal(await page.evaluate("getComputedStyle(document.querySelector('h1')).color"), 'rgb(1, 2, 3)');
      await page.locator('#events', { hasText: '5 tick 5' }).waitFor();
      await page.locator('#socket', { hasText: 'alice 100000' }).waitFor();

      const bytes = randomBytes(5 * 1024 * 1024 + 3);
      await page.setInputFiles('#file', {
        name: 'a.bin',
        mimeType: 'application/octet-stream',
        buffer: bytes,
      });
      await page.locator('#uploaded', { hasText: sha256(bytes) }).waitFor();
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
      t.ok(readFileSync(await download.path()).equals(DOWNLOAD), 'what was downloaded, byte for byte');
      t.strictSame(await page.evaluate(PROTOCOLS), ['h2']);

      await page.goto(`https://files.sallyport.localhost:${port}/`);
      t.equal(
        await page.locator('form').count(),
        1,
        'a login for one host is none for another of the wildcard',
      );
      t.strictSame(complaints, []);
      const ended = heard.exchanges.filter(({ error, status }) => error !== undefined || status >= 400);
      t.strictSame(
        ended.filter(({ error }) => error !== 'client_closed').map(({ path, error }) => `${path} ${error}`),
        [],
      );
      t.ok(new Set(heard.exchanges.map(({ connection }) => connection.id)).size <= 4, 'on few connections');
    },
  );
