// What is left of a policy for one connection, remembered as long as the connection, its verdict and the policy are the
// same: working it out costs microseconds a rule, asking what is left a fraction of one.
import type { Verdict } from '../pki/identity.ts';
import type { Question } from './decide.ts';
import { occasionOf } from './occasion.ts';
import { type Residual, residualOf } from './residual.ts';
import type { Rule } from './rule.ts';

interface Known {
  readonly verdict: Verdict | undefined;
  readonly policyVersion: number;
  readonly residuals: Map<Rule, Residual>;
}

const memory = new WeakMap<object, Known>();

export function residualFor(question: Question, rule: Rule & { kind: 'policy' }): Residual {
  const { connection, verdict, policyVersion, now } = question;
  let known = memory.get(connection);
  if (known === undefined || known.verdict !== verdict || known.policyVersion !== policyVersion) {
    known = { verdict, policyVersion, residuals: new Map() };
    memory.set(connection, known);
  }
  let residual = known.residuals.get(rule);
  if (residual === undefined || now >= residual.until) {
    residual = residualOf(rule.policy, occasionOf(question));
    known.residuals.set(rule, residual);
  }
  return residual;
}
