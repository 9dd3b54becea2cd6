// How a criterion compares text: Pomerium's matchers, compiled once to one function. Linear in what is compared.
import type { Issue, IssuePath } from '../core/issue.ts';

/** Whether any of the values fits, and none is excluded. A certificate may have several names of a kind, or none. */
export type Matcher = (values: readonly string[]) => boolean;

export interface MatcherOptions {
  readonly path: IssuePath;
  readonly report: (issue: Issue) => void;
  /** Makes what is written and what is compared comparable; undefined: what is written is no such value. */
  readonly normalize?: (text: string) => string | undefined;
  /** What a value looks like, for errors. */
  readonly example?: string;
}

const OPERATORS = ['is', 'not', 'in', 'not_in', 'contains', 'starts_with', 'ends_with'] as const;
type Operator = (typeof OPERATORS)[number];

type Test = (value: string) => boolean;

/**
 * A text (`is`), a list (`in`) or a map of operators, all of which must hold. With several values one must satisfy every
 * positive operator, and none may be what `not` and `not_in` name. Undefined, and reported, when it is none of these.
 */
export function compileMatcher(data: unknown, options: MatcherOptions): Matcher | undefined {
  const tests = compileTests(data, options);
  if (tests === undefined) return undefined;
  const { normalize } = options;
  const { wanted, excluded } = tests;
  return (values) => {
    const comparable = normalize === undefined ? values : values.map((value) => normalize(value) ?? value);
    if (excluded.some((test) => comparable.some(test))) return false;
    return wanted.length === 0 || comparable.some((value) => wanted.every((test) => test(value)));
  };
}

/** The same for what has exactly one value, on the path of every request: nothing is allocated. */
export function compileTextMatcher(
  data: unknown,
  options: Omit<MatcherOptions, 'normalize'>,
): ((value: string) => boolean) | undefined {
  const tests = compileTests(data, options);
  if (tests === undefined) return undefined;
  const { wanted, excluded } = tests;
  const [first] = wanted;
  if (first !== undefined && wanted.length === 1 && excluded.length === 0) return first;
  return (value) => wanted.every((test) => test(value)) && !excluded.some((test) => test(value));
}

interface Tests {
  readonly wanted: readonly Test[];
  readonly excluded: readonly Test[];
}

function compileTests(data: unknown, options: MatcherOptions): Tests | undefined {
  if (typeof data === 'string') return compileOperators({ is: data }, options);
  if (Array.isArray(data)) return compileOperators({ in: data }, options);
  if (typeof data === 'object' && data !== null)
    return compileOperators(data as Record<string, unknown>, options);
  const example = options.example === undefined ? '' : `, such as '${options.example}'`;
  options.report({
    path: options.path,
    message: `expected text${example}, a list, or one of ${OPERATORS.join(', ')}`,
  });
  return undefined;
}

function compileOperators(map: Record<string, unknown>, options: MatcherOptions): Tests | undefined {
  const wanted: Test[] = [];
  const excluded: Test[] = [];
  let isUsable = Object.keys(map).length > 0;
  if (!isUsable)
    options.report({ path: options.path, message: `says nothing: give one of ${OPERATORS.join(', ')}` });
  for (const [key, value] of Object.entries(map)) {
    const path = [...options.path, key];
    if (!isOperator(key)) {
      options.report({ path, message: `is no matcher: write one of ${OPERATORS.join(', ')}` });
      isUsable = false;
      continue;
    }
    const test = compileOperator(key, value, { ...options, path });
    if (test === undefined) isUsable = false;
    else (key === 'not' || key === 'not_in' ? excluded : wanted).push(test);
  }
  return isUsable ? { wanted, excluded } : undefined;
}

const isOperator = (key: string): key is Operator => (OPERATORS as readonly string[]).includes(key);

function compileOperator(operator: Operator, data: unknown, options: MatcherOptions): Test | undefined {
  if (operator === 'in' || operator === 'not_in') {
    if (!Array.isArray(data) || data.length === 0) {
      options.report({ path: options.path, message: 'expected a list with at least one text' });
      return undefined;
    }
    const set = new Set<string>();
    for (const [index, one] of data.entries()) {
      const value = textOf(one, { ...options, path: [...options.path, index] });
      if (value === undefined) return undefined;
      set.add(value);
    }
    return (value) => set.has(value);
  }
  // A part of a value need not look like a whole one.
  const isWhole = operator === 'is' || operator === 'not';
  const text = isWhole ? textOf(data, options) : partOf(data, options);
  if (text === undefined) return undefined;
  switch (operator) {
    case 'contains':
      return (value) => value.includes(text);
    case 'starts_with':
      return (value) => value.startsWith(text);
    case 'ends_with':
      return (value) => value.endsWith(text);
    case 'is':
    case 'not':
      return (value) => value === text;
    default:
      return operator satisfies never;
  }
}

function textOf(data: unknown, { path, report, normalize, example }: MatcherOptions): string | undefined {
  const text =
    typeof data === 'string' && data !== ''
      ? (normalize?.(data) ?? (normalize ? undefined : data))
      : undefined;
  if (text === undefined)
    report({ path, message: `expected text${example === undefined ? '' : `, such as '${example}'`}` });
  return text;
}

function partOf(data: unknown, { path, report, normalize }: MatcherOptions): string | undefined {
  if (typeof data === 'string' && data !== '') return normalize?.(data) ?? data;
  report({ path, message: 'expected text that is not empty' });
  return undefined;
}
