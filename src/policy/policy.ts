// A policy, compiled: blocks that allow and blocks that deny, each a list of criteria under one operator. Deny wins, and
// what nothing allows is denied.
import type { Issue, IssuePath } from '../core/issue.ts';
import { pathText } from '../core/issue.ts';
import { compileCriterion } from './criteria.ts';
import type { CertificateTest, Criterion } from './criterion.ts';

/** `and`: all; `or`: any; `not`: none of them; `nor`: at least one of them not (all as in Pomerium). */
export type Operator = 'and' | 'or' | 'not' | 'nor';

export interface PlacedCriterion {
  readonly criterion: Criterion;
  /** `policy[0].allow.and[1]`. */
  readonly place: string;
}

export interface Block {
  readonly action: 'allow' | 'deny';
  readonly operator: Operator;
  readonly criteria: readonly PlacedCriterion[];
  /** `policy[0].allow.and`. */
  readonly place: string;
}

export interface Policy {
  readonly deny: readonly Block[];
  readonly allow: readonly Block[];
}

/** One criterion as written: its name and what it takes. */
export type CriterionInput = Readonly<Record<string, unknown>>;

/** A rule as written. */
export interface PolicyRuleInput {
  readonly allow?: Readonly<Partial<Record<Operator, readonly CriterionInput[]>>> | undefined;
  readonly deny?: Readonly<Partial<Record<Operator, readonly CriterionInput[]>>> | undefined;
}

/** A policy as written: a rule or a list of them. */
export type PolicyInput = PolicyRuleInput | readonly PolicyRuleInput[];

export interface PolicyContext {
  /** Where it stands: `policy`, or `routes[3].policy`. */
  readonly path: IssuePath;
  readonly report: (issue: Issue) => void;
  readonly groups: ReadonlyMap<string, CertificateTest>;
}

const OPERATORS: readonly Operator[] = ['and', 'or', 'not', 'nor'];

/** Every mistake is reported; the policy is then not to be used. */
export function compileBlocks(input: PolicyInput, context: PolicyContext): Policy {
  const allow: Block[] = [];
  const deny: Block[] = [];
  const isList = Array.isArray(input);
  const rules = (isList ? input : [input]) as readonly PolicyRuleInput[];
  if (rules.length === 0)
    context.report({ path: context.path, message: 'an empty policy admits nobody: give an allow rule' });
  for (const [index, rule] of rules.entries()) {
    const at = isList ? [...context.path, index] : context.path;
    if (rule.allow === undefined && rule.deny === undefined)
      context.report({ path: at, message: 'says nothing: give allow or deny' });
    for (const action of ['allow', 'deny'] as const) {
      const body = rule[action];
      if (body === undefined) continue;
      if (!OPERATORS.some((operator) => body[operator] !== undefined))
        context.report({ path: [...at, action], message: 'says nothing: give and, or, not, nor' });
      for (const operator of OPERATORS) {
        const written = body[operator];
        if (written === undefined) continue;
        const block = compileBlock(
          written,
          { action, operator },
          { ...context, path: [...at, action, operator] },
        );
        (action === 'allow' ? allow : deny).push(block);
      }
    }
  }
  return { allow, deny };
}

function compileBlock(
  written: readonly CriterionInput[],
  { action, operator }: Pick<Block, 'action' | 'operator'>,
  context: PolicyContext,
): Block {
  if (written.length === 0)
    context.report({ path: context.path, message: 'an empty list says nothing: give a criterion' });
  const criteria: PlacedCriterion[] = [];
  for (const [index, one] of written.entries()) {
    const at = [...context.path, index];
    const [[name, data] = ['', undefined], ...more] = Object.entries(one);
    if (name === '' || more.length > 0) {
      context.report({ path: at, message: 'expected one criterion: a name and what it takes' });
      continue;
    }
    const path = [...at, name];
    const criterion = compileCriterion(name, data, { ...context, path });
    if (criterion !== undefined) criteria.push({ criterion, place: pathText(at) });
  }
  return { action, operator, criteria, place: pathText(context.path) };
}
