import t from 'tap';
import type { Identity, RefusalReason, Verdict } from '../../../src/pki/identity.ts';
import { decide, type Grant, isValid, type Question } from '../../../src/policy/decide.ts';
import type { Rule } from '../../../src/policy/rule.ts';

const identity = { chain: [] } as unknown as Identity;
const good: Verdict = { ok: true, identity, until: 2000, trustVersion: 1 };
const bad = (reason: RefusalReason): Verdict => ({
  ok: false,
  reason,
  shown: undefined,
  until: 2000,
  trustVersion: 1,
});
const vouched: Rule = { kind: 'vouched' };
const open: Rule = { kind: 'public' };
const closed: Rule = { kind: 'closed', why: 'for the test' };

const ask = ({
  demandsCertificate = true,
  ...question
}: Partial<Question> & { demandsCertificate?: boolean }) =>
  decide({
    connection: { remoteAddress: '192.0.2.1', tlsVersion: 'TLSv1.3', demandsCertificate },
    verdict: good,
    method: 'GET',
    path: '/',
    rule: vouched,
    policyVersion: 3,
    now: 1000,
    ...question,
  });

t.test(
  'without a policy a route admits whom the edge vouched for, where the host demands a certificate',
  (t) => {
    t.match(ask({}), { ok: true, identity, policyVersion: 3, until: 2000 });
    t.match(ask({ demandsCertificate: false }), { ok: false, code: 'denied' });
    t.match(ask({ demandsCertificate: false, verdict: undefined }), { ok: false, code: 'denied' });
    t.match(ask({ demandsCertificate: false, verdict: bad('none_sent') }), { ok: false, code: 'denied' });
    t.end();
  },
);

t.test('where a certificate is demanded nobody passes without a good one, whatever the rule', (t) => {
  for (const rule of [vouched, open, closed]) {
    t.match(ask({ rule, verdict: undefined }), { ok: false, code: 'client_certificate_required' });
    t.match(ask({ rule, verdict: bad('none_sent') }), {
      code: 'client_certificate_required',
      reason: 'none_sent',
    });
    t.match(ask({ rule, verdict: bad('revoked') }), {
      code: 'client_certificate_invalid',
      reason: 'revoked',
    });
  }
  t.end();
});

t.test('a public route admits anyone, and says who it is only when the certificate is good', (t) => {
  t.match(ask({ rule: open }), { ok: true, identity });
  for (const verdict of [undefined, bad('none_sent'), bad('expired')]) {
    const grant = ask({ rule: open, demandsCertificate: false, verdict });
    t.equal(grant.ok, true);
    t.equal(grant.ok && grant.identity, undefined);
    t.equal(grant.ok && grant.until, verdict?.until ?? Number.POSITIVE_INFINITY);
  }
  t.end();
});

t.test('a closed rule and one that is not known admit nobody', (t) => {
  t.match(ask({ rule: closed }), { ok: false, code: 'denied' });
  t.match(ask({ rule: { kind: 'new' } as unknown as Rule }), { ok: false, code: 'denied' });
  t.end();
});

t.test('a verdict past its time admits nobody, nor does one whose time is no number', (t) => {
  for (const rule of [vouched, open]) {
    t.equal(ask({ rule, now: 1999 }).ok, true);
    t.match(ask({ rule, now: 2000 }), { ok: false, reason: 'verdict_stale' });
    t.match(ask({ rule, verdict: { ...good, until: Number.NaN } }), { ok: false, reason: 'verdict_stale' });
  }
  t.end();
});

t.test('a grant holds until its moment and under its policy only', (t) => {
  const grant = ask({});
  if (!grant.ok) throw new Error(grant.reason);
  t.ok(isValid(grant, 3, 1999));
  t.notOk(isValid(grant, 3, 2000));
  t.notOk(isValid(grant, 4, 1000));
  t.end();
});

t.test('nobody else can make a grant: it does not compile, and a forged one is worth nothing', (t) => {
  // @ts-expect-error a look-alike lacks the private field
  const forged: Grant = { ok: true, identity, policyVersion: 3, until: 2000 };
  t.notOk(isValid(forged, 3, 1000));
  const real = ask({});
  if (!real.ok) throw new Error(real.reason);
  t.notOk(isValid(Object.assign({}, real, { until: 9000 }), 3, 1000), 'nor is a longer copy of a real one');
  // @ts-expect-error a denial is no grant
  const denied: Grant = ask({ rule: closed });
  t.equal(denied.ok, false);
  t.end();
});
