import t from 'tap';
import {
  type PolicySettings,
  type SharedPolicy,
  compilePolicy,
  compileShared,
} from '../../../src/policy/compile.ts';
import type { PolicyInput } from '../../../src/policy/policy.ts';

const shared = (policy?: PolicyInput): SharedPolicy => compileShared(policy, 'enforce', new Map()).shared;
const NONE = shared();
const compile = (settings: PolicySettings) => compilePolicy(settings, NONE);
const ACCEPT = [{ allow: { and: [{ accept: true }] } }];

t.test('a route without a policy needs a vouched client, a public one none', (t) => {
  t.same(compile({}), { rule: { kind: 'vouched' }, issues: [] });
  t.same(compile({ allow_public_unauthenticated_access: false }), { rule: { kind: 'vouched' }, issues: [] });
  t.same(compile({ allow_public_unauthenticated_access: true }), { rule: { kind: 'public' }, issues: [] });
  t.end();
});

t.test('a policy with a fault closes the route and is an error', (t) => {
  const faulty: PolicySettings[] = [
    { policy: [] },
    { policy: [{}] },
    { policy: [{ allow: {} }] },
    { policy: [{ allow: { and: [] } }] },
    { policy: [{ allow: { and: [{}] } }] },
    { policy: [{ allow: { and: [{ accept: true, reject: true }] } }] },
    { policy: [{ allow: { and: [{ accept: 'yes' }] } }] },
    { policy: [{ allow: { and: [{ nonsense: 1 }] } }] },
    { policy: ACCEPT, allow_public_unauthenticated_access: true },
  ];
  for (const settings of faulty) {
    const { rule, issues } = compile(settings);
    t.equal(rule.kind, 'closed', JSON.stringify(settings));
    t.equal(issues.length, 1, JSON.stringify(issues));
  }
  t.end();
});

const kindsOf = (settings: PolicySettings, policy: PolicyInput) => {
  const { rule } = compilePolicy(settings, shared(policy));
  if (rule.kind !== 'policy') throw new Error(rule.kind);
  const places = (action: 'allow' | 'deny') => rule.policy[action].map(({ place }) => place);
  return { allow: places('allow'), deny: places('deny') };
};

t.test('global rules are added to those of a route, and keep its default where they only deny', (t) => {
  const denying = { deny: { or: [{ reject: true }] } };
  t.same(kindsOf({}, denying), { allow: ['vouched'], deny: ['policy.deny.or'] });
  t.same(kindsOf({ allow_public_unauthenticated_access: true }, denying), {
    allow: ['allow_public_unauthenticated_access'],
    deny: ['policy.deny.or'],
  });
  t.same(kindsOf({ policy: ACCEPT }, denying), { allow: ['policy[0].allow.and'], deny: ['policy.deny.or'] });
  t.same(kindsOf({}, ACCEPT), { allow: ['policy[0].allow.and'], deny: [] });
  t.same(
    kindsOf({ policy: denying }, denying).allow,
    [],
    'a policy of its own that allows nobody allows nobody',
  );
  t.end();
});

t.test('a global policy with a fault closes every route', (t) => {
  const { shared: unusable, issues } = compileShared({ allow: { and: [] } }, 'audit', new Map());
  t.equal(issues.length, 1);
  t.match(compilePolicy({}, unusable).rule, { kind: 'closed' });
  t.match(compilePolicy({ allow_public_unauthenticated_access: true }, unusable).rule, { kind: 'closed' });
  t.end();
});
