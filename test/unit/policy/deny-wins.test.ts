import t from 'tap';
import { parseCertificate } from '../../../src/pki/facts.ts';
import type { CertificateFacts } from '../../../src/pki/identity.ts';
import type { PolicyRuleInput } from '../../../src/policy/policy.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { askRule, ruleOf } from '../../support/policy.ts';
import {
  array,
  assert,
  boolean,
  constantFrom,
  option,
  property,
  record,
  shuffledSubarray,
} from '../../support/property.ts';

const { client, issueClient } = await makeTestPki();
const [alice, bob] = [client, await issueClient({ commonName: 'Bob' })].map(({ der }) =>
  parseCertificate(der),
);
const CRITERIA = [
  { subject: { cn: 'Bob' } },
  { subject: { cn: { not: 'Bob' } } },
  { http_method: 'GET' },
  { http_path: { starts_with: '/a' } },
  { source_ip: '192.0.2.0/24' },
  { invalid_client_certificate: true },
  { accept: true },
  { reject: true },
] as const;

const operator = constantFrom('and', 'or', 'not', 'nor');
const criteria = array(constantFrom(...CRITERIA), { minLength: 1, maxLength: 3 });
const rule = record({ isDeny: boolean(), operator, criteria });
const policy = array(rule, { minLength: 1, maxLength: 6 });
const asked = record({
  client: option(constantFrom(alice, bob), { nil: undefined }),
  method: constantFrom('GET', 'POST'),
  path: constantFrom('/a/x', '/b'),
});
type Rule = {
  readonly isDeny: boolean;
  readonly operator: 'and' | 'or' | 'not' | 'nor';
  readonly criteria: readonly object[];
};

const written = (rules: readonly Rule[]): PolicyRuleInput[] =>
  rules.map((one) => ({ [one.isDeny ? 'deny' : 'allow']: { [one.operator]: one.criteria } }));
const admits = (rules: readonly Rule[], question: Parameters<typeof askRule>[1]): boolean =>
  askRule(ruleOf({ policy: written(rules) }), question).ok;
const questionOf = ({
  client: shown,
  ...rest
}: {
  client: CertificateFacts | undefined;
  method: string;
  path: string;
}) => ({ ...rest, ...(shown && { client: shown }) });

t.test('no order of rules changes the answer, and a rule that denies is never outvoted', async () => {
  assert(
    property(
      policy.chain((rules) =>
        record({
          rules: constantFrom(rules),
          shuffled: shuffledSubarray(rules, { minLength: rules.length }),
        }),
      ),
      asked,
      ({ rules, shuffled }, one) => {
        const question = questionOf(one);
        const answer = admits(rules, question);
        if (admits(shuffled, question) !== answer) return false;
        const denying = rules.filter(({ isDeny }) => isDeny);
        const accept: Rule = { isDeny: false, operator: 'and', criteria: [{ accept: true }] };
        // Whoever the denials alone keep out is kept out, whatever is allowed beside.
        return admits([...denying, accept], question) || !answer;
      },
    ),
  );
});

t.test('a rule more that allows never takes away, one more that denies never gives', async () => {
  assert(
    property(policy, rule, asked, (rules, more, one) => {
      const question = questionOf(one);
      const [before, after] = [admits(rules, question), admits([...rules, more], question)];
      return more.isDeny ? before || !after : !before || after;
    }),
  );
});
