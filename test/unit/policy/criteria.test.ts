// Every criterion and every matcher, with what it admits and what it does not.
import t from 'tap';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { CRITERION_NAMES } from '../../../src/policy/criteria.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { type Asked, askRule, faultsOf, ruleOf } from '../../support/policy.ts';

const { issueClient } = await makeTestPki();
const alice = await issueClient({
  commonName: 'Alice',
  organization: 'Example',
  names: {
    dns: ['laptop.example.com', 'a.test'],
    email: ['Alice@Example.com'],
    uri: ['spiffe://example.com/ns/prod/sa/web'],
    ip: ['192.0.2.7'],
  },
});
const facts = parseCertificate(alice.der);
const bob = await issueClient({ commonName: 'Bob', names: { email: ['bob@example.com'] } });
const colons = facts.sha256.toUpperCase().replaceAll(/..(?=.)/g, '$&:');
const HOUR_MS = 3_600_000;
const at = (text: string): Asked => ({ client: alice, now: Date.parse(text) });
const left = (hours: number): Asked => ({ client: alice, now: facts.notAfter - hours * HOUR_MS });

interface Row {
  readonly criterion: Readonly<Record<string, unknown>>;
  readonly yes: readonly Asked[];
  readonly no: readonly Asked[];
}

const A: Asked = { client: alice };
const B: Asked = { client: bob };
const STRANGER: Asked = {};

const ROWS: readonly Row[] = [
  { criterion: { accept: true }, yes: [A, STRANGER], no: [] },
  { criterion: { reject: true }, yes: [], no: [A, STRANGER] },
  { criterion: { fingerprint: facts.sha256 }, yes: [A], no: [B, STRANGER] },
  { criterion: { client_certificate: { fingerprint: colons } }, yes: [A], no: [B, STRANGER] },
  { criterion: { client_certificate: { fingerprint: ['00'.repeat(32), colons] } }, yes: [A], no: [B] },
  { criterion: { spki_hash: facts.spkiSha256 }, yes: [A], no: [B] },
  {
    criterion: {
      client_certificate: { san_email: { is: 'alice@example.COM' }, spki_hash: facts.spkiSha256 },
    },
    yes: [A],
    no: [B],
  },
  { criterion: { serial: `00:${facts.serial.toUpperCase()}` }, yes: [A], no: [B] },
  { criterion: { subject: { cn: 'Alice', o: { in: ['Example', 'Other'] } } }, yes: [A], no: [B] },
  { criterion: { subject: { cn: { not: 'Bob' } } }, yes: [A], no: [B, STRANGER] },
  { criterion: { subject: { dn: { ends_with: 'O=Example' } } }, yes: [A], no: [STRANGER] },
  { criterion: { issuer: { cn: 'Test client CA' } }, yes: [A, B], no: [STRANGER] },
  { criterion: { issuer: { cn: 'test client ca' } }, yes: [], no: [A] },
  { criterion: { san_dns: { ends_with: '.EXAMPLE.com' } }, yes: [A], no: [B, STRANGER] },
  { criterion: { san_dns: { starts_with: 'laptop.', ends_with: '.test' } }, yes: [], no: [A] },
  { criterion: { san_dns: { not_in: ['a.test', 'b.test'] } }, yes: [B], no: [A, STRANGER] },
  { criterion: { san_email: 'alice@example.com' }, yes: [A], no: [B] },
  { criterion: { san_uri: { contains: '/sa/' } }, yes: [A], no: [B] },
  { criterion: { san_ip: '192.0.2.7' }, yes: [A], no: [B] },
  { criterion: { san_upn: { contains: '@' } }, yes: [], no: [A, B] },
  { criterion: { spiffe_id: 'spiffe://example.com/ns/prod/sa/web' }, yes: [A], no: [B, STRANGER] },
  { criterion: { spiffe_id: { starts_with: 'spiffe://example.com/' } }, yes: [A], no: [B] },
  { criterion: { spiffe_id: { trust_domain: 'example.com' } }, yes: [A], no: [B] },
  { criterion: { spiffe_id: { trust_domain: 'example.co' } }, yes: [], no: [A] },
  { criterion: { spiffe_id: { path: '/ns/*/sa/web' } }, yes: [A], no: [B] },
  { criterion: { spiffe_id: { path: '/ns/**' } }, yes: [A], no: [B] },
  { criterion: { spiffe_id: { path: '/ns/*/sa' } }, yes: [], no: [A] },
  { criterion: { spiffe_id: { path: '/ns/prod/sa/web/**' } }, yes: [], no: [A] },
  { criterion: { certificate_group: 'team' }, yes: [A], no: [B, STRANGER] },
  { criterion: { certificate_group: ['empty', 'team'] }, yes: [A], no: [B] },
  { criterion: { certificate_group: 'empty' }, yes: [], no: [A] },
  { criterion: { invalid_client_certificate: true }, yes: [{ refusedFor: 'expired' }], no: [A, STRANGER] },
  {
    criterion: { source_ip: '192.0.2.0/24' },
    yes: [A, STRANGER, { remoteAddress: '192.0.2.255' }],
    no: [{ remoteAddress: '192.0.3.1' }, { remoteAddress: '2001:db8::1' }, { remoteAddress: '' }],
  },
  {
    criterion: { source_ip: ['2001:db8::/32', '10.0.0.1'] },
    yes: [{ remoteAddress: '2001:db8:1::1' }, { remoteAddress: '10.0.0.1' }],
    no: [{ remoteAddress: '10.0.0.2' }],
  },
  { criterion: { tls_version: '1.3' }, yes: [STRANGER], no: [{ tlsVersion: 'TLSv1.2' }] },
  { criterion: { tls_version: { in: ['1.2', '1.3'] } }, yes: [STRANGER, { tlsVersion: 'TLSv1.2' }], no: [] },
  { criterion: { http_method: { is: 'GET' } }, yes: [STRANGER], no: [{ method: 'get' }, { method: 'POST' }] },
  { criterion: { http_method: ['GET', 'HEAD'] }, yes: [{ method: 'HEAD' }], no: [{ method: 'PUT' }] },
  { criterion: { http_path: { starts_with: '/admin' } }, yes: [{ path: '/admin/x' }], no: [{ path: '/a' }] },
  { criterion: { http_path: { not: '/admin' } }, yes: [{ path: '/a' }], no: [{ path: '/admin' }] },
  {
    criterion: { date: { after: '2027-01-01', before: '2027-02-01T12:00:00+01:00' } },
    yes: [at('2027-01-01T00:00:00Z'), at('2027-02-01T10:59:59Z')],
    no: [at('2026-12-31T23:59:59Z'), at('2027-02-01T11:00:00Z')],
  },
  {
    criterion: { day_of_week: 'mon-wed,sat' },
    yes: [at('2026-11-23T00:00:00Z'), at('2026-11-25T23:59:59Z'), at('2026-11-28T12:00:00Z')],
    no: [at('2026-11-26T00:00:00Z'), at('2026-11-22T23:59:59Z')],
  },
  {
    criterion: { day_of_week: 'fri-mon' },
    yes: [at('2026-11-22T12:00:00Z')],
    no: [at('2026-11-24T12:00:00Z')],
  },
  { criterion: { day_of_week: '*' }, yes: [at('2026-11-24T12:00:00Z')], no: [] },
  {
    criterion: { day_of_week: { days: ['Monday'], timezone: 'Pacific/Auckland' } },
    yes: [at('2026-11-22T12:00:00Z')],
    no: [at('2026-11-23T12:00:00Z')],
  },
  {
    criterion: { time_of_day: { after: '9:00', before: '5:30PM', timezone: 'Europe/Berlin' } },
    yes: [at('2026-11-26T08:00:00Z'), at('2026-11-26T16:29:59Z'), at('2026-07-01T07:00:00Z')],
    no: [at('2026-11-26T07:59:59Z'), at('2026-11-26T16:30:00Z'), at('2026-07-01T15:30:00Z')],
  },
  {
    criterion: { time_of_day: { after: '22:00', before: '6:00' } },
    yes: [at('2026-11-26T22:00:00Z'), at('2026-11-26T05:59:59Z')],
    no: [at('2026-11-26T06:00:00Z'), at('2026-11-26T21:59:59Z')],
  },
  {
    criterion: { validity_left: { more_than: '1d12h' } },
    yes: [left(37)],
    no: [left(36), left(1), STRANGER],
  },
  { criterion: { validity_left: { less_than: '24h' } }, yes: [left(1)], no: [left(24), STRANGER] },
];

const groups = { team: [{ san_email: 'carol@example.com' }, { subject: { cn: 'Alice' } }], empty: [] };
const isTold = (asked: Asked): string =>
  JSON.stringify({ ...asked, client: asked.client === alice ? 'alice' : asked.client && 'bob' });

const isCertain = (asked: Asked): boolean => asked.client !== undefined;
const is = (name: string) => ({ subject: { cn: name } });

t.test('every criterion stands in the table', async (t) => {
  const inTable = new Set(ROWS.flatMap(({ criterion }) => Object.keys(criterion)));
  t.same([...inTable].toSorted(), CRITERION_NAMES.toSorted());
});

for (const { criterion, yes, no } of ROWS)
  t.test(`allows by ${JSON.stringify(criterion)}`, async (t) => {
    const allow = ruleOf({ policy: { allow: { and: [criterion] } }, groups });
    for (const asked of yes) t.ok(askRule(allow, asked).ok, isTold(asked));
    for (const asked of no) t.notOk(askRule(allow, asked).ok, isTold(asked));
    const deny = ruleOf({
      policy: [{ allow: { and: [{ accept: true }] } }, { deny: { or: [criterion] } }],
      groups,
    });
    for (const asked of yes.filter(isCertain)) t.notOk(askRule(deny, asked).ok, `denied: ${isTold(asked)}`);
    for (const asked of no.filter(isCertain)) t.ok(askRule(deny, asked).ok, `not denied: ${isTold(asked)}`);
    const not = ruleOf({ policy: { allow: { not: [criterion] } }, groups });
    for (const asked of no.filter(isCertain)) t.ok(askRule(not, asked).ok, `not: ${isTold(asked)}`);
    for (const asked of yes) t.notOk(askRule(not, asked).ok, `not: ${isTold(asked)}`);
  });

t.test('the four operators', async (t) => {
  const admits = (operator: string, ...names: string[]): boolean =>
    askRule(ruleOf({ policy: { allow: { [operator]: names.map(is) } } }), A).ok;
  t.same(
    ['and', 'or', 'not', 'nor'].map((operator) => [
      admits(operator, 'Alice', 'Alice'),
      admits(operator, 'Alice', 'Bob'),
      admits(operator, 'Bob', 'Bob'),
    ]),
    [
      [true, false, false],
      [true, true, false],
      [false, false, true],
      [false, true, true],
    ],
  );
  const two = ruleOf({ policy: { allow: { and: [is('Bob')], or: [is('Alice')] } } });
  t.ok(askRule(two, A).ok, 'several operators of a rule: any of them');
});

t.test('a stranger is admitted by no negation, and denied by every one', async (t) => {
  const bobs = { subject: { cn: 'Bob' } };
  const accept = { allow: { and: [{ accept: true }] } };
  for (const criterion of [bobs, { subject: { cn: { not: 'Bob' } } }, { validity_left: { less_than: '1h' } }])
    for (const operator of ['and', 'or', 'not', 'nor'])
      t.notOk(
        askRule(ruleOf({ policy: { allow: { [operator]: [criterion] } } })).ok,
        `${operator} ${JSON.stringify(criterion)}`,
      );
  for (const operator of ['not', 'nor'])
    t.notOk(askRule(ruleOf({ policy: [accept, { deny: { [operator]: [bobs] } }] })).ok);
  t.notOk(askRule(ruleOf({ policy: [accept, { deny: { or: [{ subject: { cn: { not: 'Bob' } } }] } }] })).ok);
  t.ok(askRule(ruleOf({ policy: [accept, { deny: { or: [bobs] } }] })).ok, 'nobody says that they are Bob');
});

t.test('a grant by the clock lasts until the clock may say otherwise', async (t) => {
  const rule = ruleOf({ policy: { allow: { and: [{ time_of_day: { after: '9:00', before: '9:30' } }] } } });
  const grant = askRule(rule, at('2026-11-26T09:10:00Z'));
  t.match(grant, { ok: true, until: Date.parse('2026-11-26T09:30:00Z') });
  const dated = ruleOf({ policy: { allow: { and: [{ date: { before: '2027-01-01' } }] } } });
  t.match(askRule(dated, at('2026-11-26T09:10:00Z')), { until: Date.parse('2027-01-01') });
  const lasting = ruleOf({ policy: { allow: { and: [{ validity_left: { more_than: '24h' } }] } } });
  t.match(askRule(lasting, left(30)), { until: facts.notAfter - 24 * HOUR_MS + 1 });
});

const FAULTS: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
  [{ email: 'a@b' }, /is known from a login, and nobody logs in here: write san_email/],
  [{ 'claim/groups': 'admin' }, /is known from a login/],
  [{ source_pi: '10.0.0.1' }, /is no criterion: did you mean source_ip\?/],
  [{ source_ip: '10.0.0.0/33' }, /neither an address nor a block/],
  [{ source_ip: [] }, /an empty list admits nobody/],
  [{ accept: false }, /expected true/],
  [{ client_certificate: {} }, /expected one or more of fingerprint/],
  [{ client_certificate: { cn: 'x' } }, /is not known of a certificate/],
  [{ client_certificate: { fingerprint: 'abc' } }, /expected text, such as 'ab:cd/],
  [{ spki_hash: 'abc' }, /expected text/],
  [{ serial: 'xyz' }, /expected text, such as '0a1b2c'/],
  [{ subject: 'CN=Alice' }, /expected one or more of cn, o/],
  [{ subject: { cnn: 'x' } }, /is no part of a name/],
  [{ san_dns: { matches: 'x' } }, /is no matcher/],
  [{ san_dns: {} }, /says nothing/],
  [{ san_dns: { is: '' } }, /expected text/],
  [{ san_dns: { in: [] } }, /expected a list/],
  [{ san_dns: { contains: 5 } }, /expected text that is not empty/],
  [{ san_dns: 5 }, /expected text, a list, or one of/],
  [{ spiffe_id: { path: '/a*/b' } }, /is no pattern/],
  [{ spiffe_id: { domain: 'x', path: '/a' } }, /is no part of a SPIFFE id/],
  [{ certificate_group: 'teem' }, /'teem' is no group: did you mean team\?/],
  [{ tls_version: '1.1' }, /expected text, such as '1.3'/],
  [{ date: {} }, /expected after or before, or both/],
  [{ date: { after: 'soon' } }, /such as '2027-01-31T18:00:00Z'/],
  [{ date: { since: '2027-01-01', after: '2027-01-01' } }, /is not known here: write after, before/],
  [{ day_of_week: 'moonday' }, /expected days such as/],
  [{ day_of_week: 'mon-' }, /expected days such as/],
  [{ time_of_day: { after: '25:00' } }, /such as '17:30'/],
  [{ time_of_day: { after: '9:00', timezone: 'Mars/Base' } }, /is no time zone/],
  [{ validity_left: { more_than: '3 weeks' } }, /such as '72h'/],
];

for (const [criterion, fault] of FAULTS)
  t.test(`refuses ${JSON.stringify(criterion)}`, async (t) => {
    const faults = faultsOf({ policy: { allow: { and: [criterion] } }, groups });
    t.equal(faults.length, 1, faults.join('\n'));
    t.match(faults[0], fault);
    t.match(faults[0], /^policy\.allow\.and\.0\./);
  });
