import t from 'tap';
import { compilePolicy } from '../../../src/policy/compile.ts';

t.test('a route without a policy needs a vouched client, a public one none', (t) => {
  t.same(compilePolicy({}), { rule: { kind: 'vouched' }, issues: [] });
  t.same(compilePolicy({ allow_public_unauthenticated_access: false }), {
    rule: { kind: 'vouched' },
    issues: [],
  });
  t.same(compilePolicy({ allow_public_unauthenticated_access: true }), {
    rule: { kind: 'public' },
    issues: [],
  });
  t.end();
});

t.test('a setting about access that is not understood closes the route and is an error', (t) => {
  const unknown = [
    { policy: [] },
    { policy: [{ allow: { and: [{ accept: true }] } }], allow_public_unauthenticated_access: true },
    { allowed_users: [] },
    { allowed_domains: ['a.example'] },
    { allowed_idp_claims: {} },
    { allow_any_authenticated_user: true },
    { tls_downstream_client_ca: 'x' },
    { allow_public_unauthenticated_access: 'yes' },
    { allow_public_unauthenticated_access: null },
    { allow_public_unauthenticated_access: 1 },
  ];
  for (const settings of unknown) {
    const { rule, issues } = compilePolicy(settings);
    t.equal(rule.kind, 'closed', JSON.stringify(settings));
    t.equal(issues.length, 1);
  }
  t.end();
});
