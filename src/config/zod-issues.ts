// Zod's issues as ours: one for each thing wrong, at its place, in words that say what to do.
import type { z } from 'zod';
import type { Issue, IssuePath } from '../core/issue.ts';
import { quote } from './schema-values.ts';

type ZodIssue = z.core.$ZodIssue;

/** An issue about a key rather than its value: `path` ends with that key. */
export interface ConfigIssue extends Issue {
  readonly at?: 'key';
}

const KIND: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'settings of its own (key: value)',
  record: 'names and values (key: value)',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/**
 * Turns the issues of one failed parse into ours. `input` is what was parsed, `at` where it stands, `unknown` says what
 * to write about a key that the schema does not know.
 */
export function fromZod(
  zodIssues: readonly ZodIssue[],
  input: unknown,
  at: IssuePath,
  unknown: (key: string, path: IssuePath) => string,
): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const visit = (issue: ZodIssue, base: IssuePath): void => {
    const inside = [...base, ...(issue.path as IssuePath)];
    const path = [...at, ...inside];
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys)
        issues.push({ path: [...path, key], message: unknown(key, path), at: 'key' });
    else if (issue.code === 'invalid_key')
      for (const inner of issue.issues) issues.push({ path, message: inner.message, at: 'key' });
    else if (valueAt(input, inside) === null)
      issues.push({ path, message: 'has no value: give one, or remove the line' });
    else if (issue.code === 'invalid_type')
      issues.push({ path, message: wrongKind(issue, valueAt(input, inside)) });
    else {
      // The branch of a union that fits but for a fault inside says more than the union does.
      const branch =
        issue.code === 'invalid_union' ? issue.errors.find((errors) => !errors.some(isWrongKind)) : undefined;
      if (branch === undefined) issues.push({ path, message: issue.message });
      else for (const inner of branch) visit(inner, inside);
    }
  };
  for (const issue of zodIssues) visit(issue, []);
  return issues;
}

/** Whether a branch of a union did not fit at all. */
function isWrongKind(issue: ZodIssue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union') return issue.errors.every((branch) => branch.some(isWrongKind));
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function wrongKind(issue: ZodIssue & { code: 'invalid_type' }, value: unknown): string {
  // A message of the schema's own says more than the kind does.
  if (!issue.message.startsWith('Invalid input')) return issue.message;
  const wanted = KIND[issue.expected] ?? issue.expected;
  if (value === undefined) return `is missing: expected ${wanted}`;
  return `expected ${wanted}, found ${describe(value)}`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'keys and values' : quote(value);
}

function valueAt(input: unknown, path: IssuePath): unknown {
  let node = input;
  for (const part of path) {
    if (typeof node !== 'object' || node === null) return undefined;
    node = (node as Record<string | number, unknown>)[part];
  }
  return node;
}
