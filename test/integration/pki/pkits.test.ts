// The NIST suite against a whole proxy: real handshakes with the suite's keys, its root as the client CA, its lists.
import t from 'tap';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';
import { type PkitsCase, readPkits, skipWithoutPkits } from '../../support/pkits.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';

/**
 * Let in, and should not be: certificate policies, their mappings and constraints are not looked at, here or by OpenSSL
 * as Node uses it. Each needs a `requireExplicitPolicy` or the like in a CA, which says "only for this policy".
 */
const WRONGLY_IN: ReadonlySet<string> = new Set([
  'DifferentPoliciesTest12',
  'DifferentPoliciesTest4',
  'DifferentPoliciesTest5',
  'DifferentPoliciesTest9',
  'InvalidMappingFromanyPolicyTest7',
  'InvalidMappingToanyPolicyTest8',
  'InvalidPolicyMappingTest10',
  'InvalidPolicyMappingTest2',
  'InvalidPolicyMappingTest4',
  'InvalidSelfIssuedinhibitAnyPolicyTest8',
  'InvalidSelfIssuedinhibitPolicyMappingTest10',
  'InvalidSelfIssuedinhibitPolicyMappingTest11',
  'InvalidSelfIssuedinhibitPolicyMappingTest8',
  'InvalidSelfIssuedinhibitPolicyMappingTest9',
  'InvalidSelfIssuedrequireExplicitPolicyTest7',
  'InvalidSelfIssuedrequireExplicitPolicyTest8',
  'InvalidinhibitAnyPolicyTest1',
  'InvalidinhibitAnyPolicyTest4',
  'InvalidinhibitAnyPolicyTest5',
  'InvalidinhibitAnyPolicyTest6',
  'InvalidinhibitPolicyMappingTest1',
  'InvalidinhibitPolicyMappingTest3',
  'InvalidinhibitPolicyMappingTest5',
  'InvalidinhibitPolicyMappingTest6',
  'InvalidrequireExplicitPolicyTest3',
  'InvalidrequireExplicitPolicyTest5',
]);

/** Kept out, and need not be. */
const WRONGLY_OUT: Readonly<Record<string, string>> = {
  // The end entity is a CA: not for clients.
  OverlappingPoliciesTest6: 'is_a_ca',
  ValidonlyContainsCACertsTest13: 'is_a_ca',
  ValidpathLenConstraintTest14: 'is_a_ca',
  ValidpathLenConstraintTest8: 'is_a_ca',
  // Lists signed by a certificate that is not in the chain, or by another issuer.
  ValidBasicSelfIssuedCRLSigningKeyTest6: 'crl_missing',
  ValidBasicSelfIssuedNewWithOldTest4: 'crl_missing',
  ValidIDPwithindirectCRLTest24: 'crl_missing',
  ValidIDPwithindirectCRLTest25: 'crl_missing',
  ValidSeparateCertificateandCRLKeysTest19: 'crl_missing',
  ValidcRLIssuerTest28: 'crl_missing',
  ValidcRLIssuerTest29: 'crl_missing',
  ValidcRLIssuerTest30: 'crl_missing',
  ValidcRLIssuerTest33: 'crl_missing',
  // DSA, which no TLS client can show.
  ValidDSAParameterInheritanceTest5: 'none_sent',
  ValidDSASignaturesTest4: 'none_sent',
};

const routes = [{ from: 'https://app.sallyport.localhost', response: { status: 200, body: 'in' } }];
const pki = await makeTestPki();

/** What came of it: `in`, or why not. */
async function outcome({ port, heard }: RunningProxy, it: PkitsCase): Promise<string> {
  heard.handshakeFailures.length = 0;
  const shown = { cert: it.chainPem, key: it.keyPem, ciphers: 'DEFAULT@SECLEVEL=0' };
  try {
    const { status } = await call(clientOptions(pki, port, shown));
    if (status === 200) return 'in';
  } catch (error) {
    // A certificate that not even Node's client takes is shown to nobody.
    if (heard.handshakeFailures.length === 0 && error instanceof Error) return 'none_sent';
    throw error;
  }
  return heard.handshakeFailures[0]?.reason ?? '';
}

t.test('PKITS', { skip: skipWithoutPkits }, async (t) => {
  const suite = readPkits();
  const proxy = await startProxy(t, {
    routes,
    downstream_mtls: { ca: suite.anchorPem, crl: suite.crlPem, max_verify_depth: 0 },
  });
  t.equal(suite.cases.length, 223);
  let right = 0;
  for (const it of suite.cases) {
    const found = await outcome(proxy, it);
    const isRight = (found === 'in') === it.isValid;
    if (isRight) right++;
    if (WRONGLY_IN.has(it.name)) t.notOk(it.isValid || isRight, `${it.name} is let in, and should not be`);
    else if (it.name in WRONGLY_OUT)
      t.equal(found, WRONGLY_OUT[it.name], `${it.name} is kept out, and need not be`);
    else t.ok(isRight, `${it.name}: ${found}`);
  }
  t.comment(`${right} of ${suite.cases.length} are right`);
});
