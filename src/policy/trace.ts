// The answer of a policy with every reason for it, for people: the same compiled criteria as `decide` asks, all of them.
import type { Question } from './decide.ts';
import { occasionOf } from './occasion.ts';
import type { Block, PlacedCriterion } from './policy.ts';
import { holds } from './residual.ts';
import type { Rule } from './rule.ts';

export interface TracedCriterion {
  readonly place: string;
  /** `http_method`. */
  readonly name: string;
  /** Turned round already where the operator does so. */
  readonly holds: boolean;
}

export interface TracedBlock {
  readonly place: string;
  readonly action: 'allow' | 'deny';
  readonly operator: Block['operator'];
  readonly holds: boolean;
  readonly criteria: readonly TracedCriterion[];
}

/** Those that deny first, as they win. Empty where no policy is asked. */
export function traceDecision(question: Question & { readonly rule: Rule }): readonly TracedBlock[] {
  const { rule } = question;
  if (rule.kind !== 'policy') return [];
  return [...rule.policy.deny, ...rule.policy.allow].map((block) => traceBlock(block, question));
}

function traceBlock({ place, action, operator, criteria }: Block, question: Question): TracedBlock {
  const isNegated = operator === 'not' || operator === 'nor';
  const traced = criteria.map((one) => ({
    place: one.place,
    name: one.criterion.name,
    holds: isHolding(one, question, { isNegated, action }),
  }));
  const isAny = operator === 'or' || operator === 'nor';
  return {
    place,
    action,
    operator,
    holds: isAny ? traced.some(isTrue) : traced.every(isTrue),
    criteria: traced,
  };
}

function isTrue(criterion: TracedCriterion): boolean {
  return criterion.holds;
}

function isHolding(
  { criterion }: PlacedCriterion,
  question: Question,
  turn: { readonly isNegated: boolean; readonly action: Block['action'] },
): boolean {
  if (criterion.about === 'request') return criterion.test(question.method, question.path) !== turn.isNegated;
  return holds(criterion, occasionOf(question), turn);
}
