import t from 'tap';
import { EndWatch } from '../../../src/app/end-watch.ts';
import { silentObserver, type Warning } from '../../../src/core/observer.ts';
import type { CertificateFacts } from '../../../src/pki/identity.ts';
import { issueCrl } from '../../../src/pki/issue-crl.ts';
import type { Trust } from '../../../src/pki/trust.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { type MtlsInput, trustFrom } from '../../support/trust.ts';

const HOUR_MS = 3_600_000;
const begun = Date.now();
const { clientCa } = await makeTestPki();
/** Made now, due in 100 hours. */
const list = await issueCrl(clientCa, {
  revoked: [],
  thisUpdate: new Date(begun),
  nextUpdate: new Date(begun + 100 * HOUR_MS),
});

async function watched(t: { teardown(fn: () => unknown): void }, more: MtlsInput = {}) {
  let hours = 0;
  const warnings: Warning[] = [];
  let trusts: Trust[] = [await trustFrom({ ca: clientCa.certPem, crl: list.crlPem, ...more })];
  const watch = new EndWatch({
    clock: { now: () => begun + hours * HOUR_MS },
    observer: { ...silentObserver, warning: (warning) => warnings.push(warning) },
    trusts: () => trusts,
    certificates: () => [],
  });
  t.teardown(() => watch.stop());
  return {
    at: (time: number): string[] => {
      hours = time;
      watch.look();
      return warnings.splice(0).map(({ code }) => code);
    },
    use: (next: Trust[]) => (trusts = next),
  };
}

t.test(
  'a list is spoken of in the last quarter of its time, on every change, and once an hour',
  async (t) => {
    const { at } = await watched(t);
    t.same(at(1), []);
    t.same(at(74), []);
    t.same(at(76), ['crl_due_soon']);
    t.same(at(76.5), []);
    t.same(at(77.1), ['crl_due_soon']);
    t.same(at(100.1), ['crl_stale']);
    t.same(at(100.2), []);
    t.same(at(101.2), ['crl_stale']);
  },
);

t.test('a list that may be late is late before it is stale', async (t) => {
  const { at } = await watched(t, { crl_freshness: 'grace', crl_grace: '10h' });
  t.same(at(101), ['crl_late']);
  t.same(at(111), ['crl_stale']);
  const ignoring = await watched(t, { crl_freshness: 'ignore' });
  t.same(ignoring.at(1000), ['crl_late']);
});

t.test('a newer list ends it', async (t) => {
  const { at, use } = await watched(t);
  t.same(at(100.1), ['crl_stale']);
  const [thisUpdate, nextUpdate] = [new Date(begun + HOUR_MS), new Date(begun + 1000 * HOUR_MS)];
  const newer = await issueCrl(clientCa, { revoked: [], number: 2, thisUpdate, nextUpdate });
  use([await trustFrom({ ca: clientCa.certPem, crl: list.crlPem + newer.crlPem })]);
  t.same(at(100.2), []);
  t.same(at(990), ['crl_due_soon']);
});

t.test('says whose list, when it was due, and what follows', async (t) => {
  const due = new Date(Math.floor((begun + 100 * HOUR_MS) / 1000) * 1000).toISOString();
  const said: string[] = [];
  const trust = await trustFrom({ ca: clientCa.certPem, crl: list.crlPem });
  const watch = new EndWatch({
    clock: { now: () => begun + 101 * HOUR_MS },
    observer: { ...silentObserver, warning: ({ detail }) => said.push(detail) },
    trusts: () => [trust],
    certificates: () => [],
  });
  watch.stop();
  t.same(said, [
    `the revocation list of 'CN=Test client CA,O=Test' was due ${due} and is good no more: nobody of that CA is admitted (crl_stale)`,
  ]);
});

t.test('a certificate is spoken of at 30, 14, 7 and 1 days, and once a day when it has ended', (t) => {
  const DAY = 24 * HOUR_MS;
  const warnings: Warning[] = [];
  let now = 0;
  const certificate = (days: number) => ({
    use: 'edge' as const,
    place: 'certificate_file',
    facts: { subject: 'CN=a', sha256: `${days}`, notBefore: 0, notAfter: days * DAY } as CertificateFacts,
  });
  const watch = new EndWatch({
    clock: { now: () => now },
    observer: { ...silentObserver, warning: (warning) => warnings.push(warning) },
    trusts: () => [],
    certificates: () => [certificate(365)],
  });
  t.teardown(() => watch.stop());
  const spoken: number[] = [];
  for (let day = 0; day < 368; day += 0.25) {
    now = day * DAY;
    watch.look();
    for (const { code } of warnings.splice(0)) spoken.push(code === 'certificate_expired' ? -1 : 365 - day);
  }
  t.strictSame(spoken, [30, 14, 7, 1, -1, -1, -1]);
  const short: string[] = [];
  const other = new EndWatch({
    clock: { now: () => now },
    observer: { ...silentObserver, warning: ({ detail }) => short.push(detail) },
    trusts: () => [],
    certificates: () => [certificate(6)],
  });
  t.teardown(() => other.stop());
  short.length = 0;
  for (const day of [0, 3, 4.9, 5.1, 5.5]) {
    now = day * DAY;
    other.look();
  }
  t.strictSame(short, ["certificate_file: 'CN=a' ends within a day, on 1970-01-07T00:00:00.000Z: renew it"]);
  t.end();
});
