import t from 'tap';
import { type NamePattern, compileNameRules } from '../../../src/pki/name-rules.ts';
import { verify } from '../../../src/pki/verify.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { trustIn } from '../../support/trust.ts';

const NONE = { dns: [], email: [], uri: [], ip: [], upn: [] };
const rules = (...patterns: NamePattern[]) => compileNameRules(patterns);

t.test('one name that matches one pattern is enough', async (t) => {
  const two = rules(
    { type: 'dns', pattern: String.raw`.*\.foo\.test` },
    { type: 'email', pattern: '.*@foo.test' },
  );
  t.ok(two.admits({ ...NONE, dns: ['x.test', 'x.foo.test'] }));
  t.ok(two.admits({ ...NONE, email: ['a@foo.test'] }));
  t.notOk(two.admits({ ...NONE, dns: ['a@foo.test'] }), 'a name of another type');
  t.notOk(two.admits(NONE));
});

t.test('every pattern is anchored at both ends, several of one type too', async (t) => {
  const two = rules(
    { type: 'dns', pattern: String.raw`(.*\.foo\.test)` },
    { type: 'dns', pattern: 'bar.test' },
  );
  t.notOk(two.admits({ ...NONE, dns: ['x.foo.test.evil.test'] }));
  t.notOk(two.admits({ ...NONE, dns: ['evil.bar.test'] }));
  t.notOk(rules({ type: 'uri', pattern: 'a|b' }).admits({ ...NONE, uri: ['ab', 'xb'] }));
  t.notOk(rules({ type: 'upn', pattern: 'a' }).admits({ ...NONE, upn: ['a\n', 'A'] }));
});

t.test('a pattern that is none throws, one that backtracks elsewhere takes no time', async (t) => {
  t.throws(() => rules({ type: 'dns', pattern: '(' }));
  t.throws(() => rules({ type: 'dns', pattern: '(?=x)' }));
  t.notOk(rules({ type: 'dns', pattern: '(a+)+$' }).admits({ ...NONE, dns: [`${'a'.repeat(5000)}!`] }));
});

t.test('a certificate without such a name is refused', async (t) => {
  const { client, clientCa } = await makeTestPki();
  const judge = (...patterns: NamePattern[]) =>
    verify({
      leaf: client.der,
      sent: [],
      trust: trustIn([clientCa], { nameRules: rules(...patterns) }),
      now: Date.now(),
      openssl: 'ok',
    });
  t.match(judge({ type: 'email', pattern: 'alice@example.com' }), { ok: true });
  t.match(judge({ type: 'email', pattern: 'bob@example.com' }), { reason: 'san_mismatch' });
  t.match(judge({ type: 'dns', pattern: '.*' }), { reason: 'san_mismatch' });
  t.match(judge(), { reason: 'san_mismatch' }, 'no pattern admits nobody');
});
