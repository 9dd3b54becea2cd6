// Every kind of refusal as a person meets it, in the real Chromium: a page that says what to do, asked for once.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { parseCertificate } from '../../src/pki/facts.ts';
import { issueCrl } from '../../src/pki/issue-crl.ts';
import type { Issued } from '../../src/pki/issue-certificate.ts';
import { encodePkcs12 } from '../../src/pki/pkcs12.ts';
import { makeTestPki } from '../support/certificates.ts';
import { person, skipWithoutChromium } from '../support/chromium.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startProxy } from '../support/proxy.ts';
import { screenshots } from '../support/screenshots.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();
const DAY_MS = 24 * 3_600_000;
/** Good by the browser's clock, which offers no other, and over by the proxy's, which is two days ahead. */
const expired = await pki.issueClient({ notAfter: new Date(Date.now() + DAY_MS) });
const revoked = await pki.issueClient({ commonName: 'Revoked' });
const lost = await pki.issueClient({ commonName: 'Lost', names: { email: ['lost@example.com'] } });
const bob = await pki.issueClient({ commonName: 'Bob', names: { email: ['bob@example.com'] } });
const crl = await issueCrl(pki.clientCa, { revoked: [{ serial: parseCertificate(revoked.der).serial }] });

async function visit(t: Test, who: Issued | undefined) {
  const clock = { now: () => Date.now() + (who === expired ? 2 * DAY_MS : 0) };
  const config: Parameters<typeof startProxy>[1] = {
    routes: [
      {
        from: `https://${HOST}`,
        response: { status: 200, body: 'in' },
        policy: [{ allow: { and: [{ accept: true }] } }, { deny: { or: [{ subject: { cn: 'Bob' } }] } }],
      },
    ],
    downstream_mtls: {
      ca: pki.clientCa.certPem,
      crl: crl.crlPem,
      deny: [{ san_email: 'lost@example.com', message: 'Your laptop was reported lost: see the help desk.' }],
    },
    enrol_url: 'https://ca.example.com/enrol',
    show_error_details: false,
  };
  const { port, heard, exchange } = await startProxy(t, config, { clock });
  const folder = temporaryFolder(t);
  const ca = path.join(folder, 'ca.crt');
  writeFileSync(ca, pki.serverCa.certPem);
  const somebody = person(t, port);
  somebody.trust(ca);
  if (who !== undefined) {
    const p12 = path.join(folder, 'client.p12');
    writeFileSync(p12, encodePkcs12({ ...who, caPem: '', friendlyName: 'client', password: 'secret' }));
    somebody.importP12(p12, 'secret');
  }
  const context = await somebody.open();
  const page = await context.newPage();
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  const url = `https://${HOST}:${port}/`;
  const answer = await page.goto(url, { waitUntil: 'networkidle' });
  await exchange(0);
  return { page, requests, url, status: answer?.status(), heard };
}

for (const [name, who, reason, hint] of [
  ['none', undefined, 'certificate_missing', /none was shown/],
  ['expired', expired, 'certificate_expired', /has expired\. Renew it/],
  ['revoked', revoked, 'certificate_revoked', /has been withdrawn/],
  ['lost', lost, 'certificate_revoked', /has been withdrawn/],
  ['denied', bob, 'not_allowed', /not for this address/],
] as const)
  t.test(`refused: ${name}`, { skip: skipWithoutChromium }, async (t) => {
    const { page, requests, url, status, heard } = await visit(t, who);
    t.equal(status, 403);
    t.equal(await page.textContent('#reason'), reason);
    t.match(await page.textContent('#refusal'), hint);
    t.equal(await page.locator('#enrol').count(), name === 'denied' ? 0 : 1);
    t.equal(await page.locator('#message').count(), name === 'lost' ? 1 : 0);
    t.strictSame(requests, [url], 'asked for once: no picker, no loop');
    t.equal(heard.exchanges.length, 1);
    // Chromium opens a few connections ahead; a loop would make dozens.
    t.ok(heard.handshakeFailures.length <= 4, `${heard.handshakeFailures.length} refused handshakes`);
    await screenshots(t, page, `refused-${name}`);
  });
