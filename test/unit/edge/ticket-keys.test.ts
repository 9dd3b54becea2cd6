import { randomBytes } from 'node:crypto';
import t from 'tap';
import { CredentialStore } from '../../../src/certs/credential-store.ts';
import { TicketKeys } from '../../../src/edge/ticket-keys.ts';
import type { TlsGroupSettings } from '../../../src/edge/tls-group.ts';
import { parseCredential } from '../../../src/pki/credential.ts';
import { DenyList } from '../../../src/pki/deny-list.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { trustIn } from '../../support/trust.ts';

const HOUR_MS = 3_600_000;
const pki = await makeTestPki();
const { credential } = parseCredential({ ...pki.edge, now: Date.now() });
if (credential === undefined) throw new Error('no credential');
const group: TlsGroupSettings = {
  name: 'default',
  serves: 'default',
  clientCertificate: 'require',
  refusal: 'answer',
  minVersion: 'TLSv1.2',
  protocols: ['http/1.1'],
  credentials: new CredentialStore(credential),
  trust: trustIn([pki.clientCa]),
  sessionTimeoutMs: 300_000,
};
const at = (now: number) => ({ now: () => now });
const secret = randomBytes(32);
const keysOf = (some: Partial<TlsGroupSettings> = {}, now = 0): string =>
  new TicketKeys(secret, at(now)).keysFor({ ...group, ...some }).toString('hex');

/** The minute of the first half day in which the second period begins. */
const begins = (other: Uint8Array): number =>
  Array.from({ length: 720 }, (_, minute) => minute).findIndex(
    (minute) => new TicketKeys(other, at(minute * 60_000)).period > new TicketKeys(other, at(0)).period,
  );

t.test('processes with one secret have the same keys, others have others', (t) => {
  t.equal(Buffer.from(keysOf(), 'hex').length, 48);
  t.equal(keysOf(), keysOf({ trust: trustIn([pki.clientCa], { version: 7 }) }), 'whatever they count');
  t.not(keysOf(), new TicketKeys(randomBytes(32), at(0)).keysFor(group).toString('hex'));
  t.end();
});

t.test('another group, another mode and another trust have other keys', (t) => {
  const all = [
    keysOf(),
    keysOf({ name: 'other' }),
    keysOf({ clientCertificate: 'request' }),
    keysOf({ clientCertificate: 'none', trust: undefined }),
    keysOf({ trust: trustIn([pki.serverCa]) }),
    keysOf({ trust: trustIn([pki.clientCa, pki.serverCa]) }),
    keysOf({
      trust: trustIn([pki.clientCa], {
        denied: new DenyList([{ selector: { by: 'email', value: 'a@example.com' } }]),
      }),
    }),
  ];
  t.equal(new Set(all).size, all.length);
  t.end();
});

t.test('where a chain may be needed, no other process has the keys', (t) => {
  const deep = { trust: trustIn([pki.clientCa], { maxVerifyDepth: 2 }) };
  t.not(keysOf(deep), keysOf(deep));
  const keys = new TicketKeys(secret, at(0));
  const settings = { ...group, ...deep };
  t.strictSame(keys.keysFor(settings), keys.keysFor(settings), 'and this one keeps its own');
  t.end();
});

t.test("keys last for half a day, and change at a time that is the secret's own", (t) => {
  const hours = Array.from({ length: 49 }, (_, hour) => keysOf({}, hour * HOUR_MS));
  t.ok([4, 5].includes(new Set(hours).size), '48 hours are four periods or parts of five');
  t.ok(new Set(Array.from({ length: 8 }, () => begins(randomBytes(32)))).size > 1);
  t.end();
});

t.test('a trust that comes back does not bring its keys back, in no process that saw it go', (t) => {
  const [first, other] = [
    { ...group, trust: trustIn([pki.clientCa]) },
    { ...group, trust: trustIn([pki.serverCa], { version: 2 }) },
  ];
  const again = { ...group, trust: trustIn([pki.clientCa], { version: 3 }) };
  const [one, two] = [new TicketKeys(secret, at(0)), new TicketKeys(secret, at(0))];
  const seen = [one, two].map((keys) =>
    [first, other, again].map((settings) => {
      const made = keys.keysFor(settings).toString('hex');
      keys.enter(settings);
      t.equal(keys.keysFor(settings).toString('hex'), made, 'the same before and after it comes into force');
      return made;
    }),
  );
  t.strictSame(seen[0], seen[1]);
  t.equal(new Set(seen[0]).size, 3);
  const renewed = { ...group, trust: trustIn([pki.clientCa], { version: 4 }) };
  const made = one.keysFor(renewed).toString('hex');
  t.notOk(seen[0]?.includes(made), 'nor where the same comes after the same, but judges otherwise');
  one.enter(renewed);
  t.equal(one.keysFor(renewed).toString('hex'), made);
  t.end();
});
