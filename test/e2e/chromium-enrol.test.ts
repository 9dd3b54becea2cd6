// A person's way in, in the real Chromium: refused, invited, enrolled, known, renewed, and shown out again.
import path from 'node:path';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { issuedEntries, revokeIssued, writeCrl } from '../../src/certs/ca-record.ts';
import { whoami } from '../../src/cli/demo/whoami.ts';
import { person, skipWithoutChromium } from '../support/chromium.ts';
import { demoApp } from '../support/demo-apps.ts';
import { devFolder, ENROL_HOST, startEnrolment, WHOAMI_HOST } from '../support/enrol.ts';
import { screenshots } from '../support/screenshots.ts';
import { until } from '../support/until.ts';

/** In the page: holds a WebSocket open, and notes what it is closed with. */
const HOLD_SOCKET = `new Promise((resolve) => {
  const socket = new WebSocket('wss://' + location.host + '/ws');
  socket.onopen = () => resolve(true);
  window.socketClosed = new Promise((done) => { socket.onclose = ({ code }) => done(code); });
})`;

t.test('invited, enrolled, known, renewed, taken back', { skip: skipWithoutChromium }, async (t) => {
  const folder = await devFolder(t);
  const now = Date.now();
  const crl = await writeCrl(folder, 'client-ca', { now, days: 1 });
  const app = await demoApp(t, { handler: whoami, hasWebSocket: true });
  const more = {
    routes: [{ from: `https://${WHOAMI_HOST}`, to: app.url, allow_websockets: true }],
    downstream_mtls: { ca_file: path.join(folder, 'client-ca.crt'), crl_file: crl },
    enrol_url: `https://${ENROL_HOST}/`,
  };
  const { port, pki, heard, invite } = await startEnrolment(t, more, {
    folder,
    watch: true,
    watchIntervalMs: 50,
  });
  const ada = person(t, port);
  const edgeCa = path.join(folder, 'edge-ca.crt');
  writeFileSync(edgeCa, pki.serverCa.certPem);
  ada.trust(edgeCa);
  const whoamiUrl = `https://${WHOAMI_HOST}:${port}/`;
  const enrolUrl = `https://${ENROL_HOST}:${port}/`;
  const complaints: string[] = [];

  const before = await ada.open();
  const page = await before.newPage();
  page.on('console', (message) => complaints.push(message.text()));
  t.equal((await page.goto(whoamiUrl))?.status(), 403);
  t.equal(await page.locator('#enrol').count(), 1, 'where to go is said');
  complaints.length = 0;

  await page.goto(enrolUrl);
  t.equal(await page.locator('#renew').count(), 0, 'there is nothing to renew yet');
  await screenshots(t, page, 'enrol');
  await page.fill('#token', 'x'.repeat(43));
  await page.click('#invited button');
  await page.locator('#failure', { hasText: /unknown/ }).waitFor();
  t.match(
    complaints.splice(0),
    [/401/],
    'which the browser writes down itself, and asks nobody for a password',
  );

  const token = await invite('ada@example.com');
  // From a link in a mail: not a change of the fragment of a page that is open already.
  await page.goto('about:blank');
  await page.goto(`${enrolUrl}#${token}`);
  t.equal(page.url(), enrolUrl, 'the token is not left lying about');
  await page.click('#invited button');
  await page.locator('#download').waitFor();
  await screenshots(t, page, 'enrolled');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  const p12 = path.join(folder, download.suggestedFilename());
  await download.saveAs(p12);
  const password = (await page.textContent('#password')) ?? '';
  t.match(password, /^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
  await before.close();

  ada.importP12(p12, password);
  const after = await ada.open();
  const known = await after.newPage();
  known.on('console', (message) => complaints.push(message.text()));
  await known.goto(enrolUrl);
  t.match(await known.textContent('#forms p'), /^You show the certificate of ada@example\.com, valid until /);
  await screenshots(t, known, 'renew');
  await known.click('#renew');
  await known.locator('#download').waitFor();
  const ofAda = (await issuedEntries(folder)).filter(({ names }) => names.includes('ada@example.com'));
  t.equal(ofAda.length, 2, 'the certificate alone is worth the next one');

  t.equal((await known.goto(whoamiUrl))?.status(), 200);
  t.match(await known.textContent('#who'), /^You are ada/);
  t.ok(await known.evaluate(HOLD_SOCKET));
  t.strictSame(complaints, [], 'the security policy of the pages stops nothing of theirs');

  await revokeIssued(folder, 'ada@example.com', { now, days: 1 });
  t.equal(await known.evaluate('window.socketClosed'), 1008, 'on the live connection');
  const taken = await until(() => heard.revocations.find(({ state }) => state === 'tunnel'));
  t.match(taken, { cause: 'certificate', reason: 'revoked', serial: ofAda[0]?.serial });
  t.equal((await known.goto(whoamiUrl))?.status(), 403);
  t.equal(await known.textContent('#reason'), 'certificate_revoked');
  await known.goto(enrolUrl);
  t.equal(await known.locator('#renew').count(), 0, 'and there is nothing to renew any more');
});
