// Invitations as files beside the development CAs, and what is issued while others take back.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { issueNoted, issuedEntries, revokeIssued } from '../../../src/certs/ca-record.ts';
import { clientNames } from '../../../src/certs/client-names.ts';
import { prepareDevCertificates } from '../../../src/certs/dev-certificates.ts';
import { readRoot } from '../../../src/certs/dev-issue.ts';
import { invite, openInvitations, redeem, withdraw } from '../../../src/certs/invitations.ts';
import { issueClient } from '../../../src/pki/issue.ts';
import { temporaryFolder } from '../../support/folder.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 28);
const ada = { ...clientNames('ada@example.com', {}), until: NOW + DAY_MS };

t.test('a token is used once, by one of many who try at the same time', async (t) => {
  const folder = temporaryFolder(t);
  const token = await invite(folder, ada);
  t.match(token, /^[A-Za-z0-9_-]{43}$/);
  const [file = ''] = readdirSync(path.join(folder, 'invitations'));
  t.equal(statSync(path.join(folder, 'invitations', file)).mode & 0o777, 0o600);
  t.notOk(readFileSync(path.join(folder, 'invitations', file), 'utf8').includes(token));

  const tries = await Promise.all(Array.from({ length: 20 }, () => redeem(folder, token, NOW)));
  const [won, ...more] = tries.filter((one) => one !== undefined);
  t.match(won, ada);
  t.strictSame(more, []);
  t.equal(await redeem(folder, token, NOW), undefined);
  await won?.restore();
  t.match(await redeem(folder, token, NOW), ada, 'what was not used after all can be');
});

t.test('what is no token, or too late, is nothing', async (t) => {
  const folder = temporaryFolder(t);
  t.equal(await redeem(folder, 'x'.repeat(43), NOW), undefined, 'where nobody was ever invited');
  const token = await invite(folder, ada);
  for (const wrong of ['', '../issued', `${token}x`, token.toLowerCase(), 'A'.repeat(43)])
    t.equal(await redeem(folder, wrong, NOW), undefined, wrong);
  t.equal(await redeem(folder, token, ada.until), undefined);
  t.strictSame(readdirSync(path.join(folder, 'invitations')), [], 'what was too late is gone');
});

t.test('those that are open are listed, and taken back', async (t) => {
  const folder = temporaryFolder(t);
  t.strictSame(await openInvitations(folder, NOW), []);
  await invite(folder, ada);
  await invite(folder, { ...clientNames('build-7', { hosts: ['Build-7.corp.example.com'] }), until: NOW + 2 });
  const names = (await openInvitations(folder, NOW)).flatMap(({ names }) => names.email.concat(names.dns));
  t.strictSame(new Set(names), new Set(['ada@example.com', 'build-7.corp.example.com']));
  t.equal((await openInvitations(folder, NOW + 2)).length, 1, 'the other was over, and is deleted');
  t.equal(await withdraw(folder, ({ commonName }) => commonName === 'ada'), 1);
  t.strictSame(await openInvitations(folder, NOW), []);
});

t.test('a certificate that is being issued while its owner is taken back is taken back', async (t) => {
  const folder = temporaryFolder(t);
  await prepareDevCertificates({ folder, now: NOW, isFresh: false, permit: [] });
  const token = await invite(folder, ada);
  const issuing = issueNoted(folder, 'client-ca', NOW, async () => {
    const invited = await redeem(folder, token, NOW);
    const ca = await readRoot('client-ca', { folder, now: NOW });
    // The other has every chance to come first: it waits for the lock.
    await new Promise((resolve) => setImmediate(resolve));
    return await issueClient(ca, { commonName: invited?.commonName ?? '', days: 1, now: NOW, names: ada.names });
  });
  const { certificates, invitations } = await revokeIssued(folder, 'ada@example.com', { now: NOW, days: 1 });
  await issuing;
  t.equal(certificates.length + invitations, 1);
  const counting = (await issuedEntries(folder)).filter(
    ({ names, revokedAt }) => names.includes('ada@example.com') && revokedAt === undefined,
  );
  t.equal(counting.length + (await openInvitations(folder, NOW)).length, 0);
});

t.test('what ended long ago is forgotten', async (t) => {
  const folder = temporaryFolder(t);
  await prepareDevCertificates({ folder, now: NOW, isFresh: false, permit: [] });
  const issueAt = async (now: number): Promise<void> => {
    const ca = await readRoot('client-ca', { folder, now });
    await issueNoted(folder, 'client-ca', now, () =>
      issueClient(ca, { commonName: 'ada', days: 1, now, names: ada.names }),
    );
  };
  await issueAt(NOW);
  await issueAt(NOW + 30 * DAY_MS);
  const ofAda = async () => (await issuedEntries(folder)).filter(({ subject }) => subject === 'CN=ada').length;
  t.equal(await ofAda(), 2);
  await issueAt(NOW + 31 * DAY_MS);
  t.equal(await ofAda(), 2, 'the first is not there any more');
});
