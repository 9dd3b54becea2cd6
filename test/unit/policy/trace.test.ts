import t from 'tap';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { traceDecision } from '../../../src/policy/trace.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { ruleOf } from '../../support/policy.ts';

const { client } = await makeTestPki();
const connection = { remoteAddress: '192.0.2.1', tlsVersion: 'TLSv1.3', demandsCertificate: true };
const identity = { leaf: parseCertificate(client.der), chain: [] };
const question = {
  connection,
  verdict: { ok: true, identity, until: Infinity, trustVersion: 1 } as const,
  policyVersion: 1,
  method: 'POST',
  path: '/admin',
  now: Date.now(),
};

t.test('says of every block and criterion whether it holds, those that deny first', async (t) => {
  const rule = ruleOf({
    policy: [
      { allow: { and: [{ subject: { cn: 'Alice Example' } }, { http_method: 'GET' }] } },
      { deny: { not: [{ source_ip: '192.0.2.0/24' }, { http_path: '/' }] } },
    ],
  });
  t.strictSame(traceDecision({ ...question, rule }), [
    {
      place: 'policy[1].deny.not',
      action: 'deny',
      operator: 'not',
      holds: false,
      criteria: [
        { place: 'policy[1].deny.not[0]', name: 'source_ip', holds: false },
        { place: 'policy[1].deny.not[1]', name: 'http_path', holds: true },
      ],
    },
    {
      place: 'policy[0].allow.and',
      action: 'allow',
      operator: 'and',
      holds: false,
      criteria: [
        { place: 'policy[0].allow.and[0]', name: 'subject', holds: true },
        { place: 'policy[0].allow.and[1]', name: 'http_method', holds: false },
      ],
    },
  ]);
  t.strictSame(traceDecision({ ...question, rule: { kind: 'vouched' } }), []);
});
