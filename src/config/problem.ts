// Issues as people read them: `routes.yaml:14:7 routes[2].to: …`, in the order of the file.
import { type Issue, pathText } from '../core/issue.ts';
import type { ParsedDocument } from './document.ts';
import { type Environment, variableOf } from './env.ts';
import type { ConfigIssue } from './zod-issues.ts';

/** An issue with its place. */
export interface Problem extends Issue {
  /** Lines and columns from 1. Absent where it stands in no file: in an environment variable, in an object. */
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
  /** The whole line to print: `routes.yaml:14:7 routes[2].to: …`. */
  readonly text: string;
}

/** `environment CERTIFICATE: …` where a variable gave the setting, else `routes[2].to: …`. */
export function problemOf(issue: Issue, env: Environment): Problem {
  const variable = variableOf(issue.path[0], env);
  return { ...issue, text: `${variable === undefined ? '' : `environment ${variable}: `}${sentence(issue)}` };
}

/** More than anybody reads; finding the places of 100,000 would take longer than finding the faults. */
const MAX_PROBLEMS = 1000;

/** The issues at their places, in the order of the file; errors before warnings where there are too many to show. */
export function placeIssues(
  issues: readonly ConfigIssue[],
  document: ParsedDocument,
  file: string,
  env: Environment,
): Problem[] {
  const { shown, rest } = withinBounds(issues);
  const problems = shown.map((issue): Problem => {
    if (variableOf(issue.path[0], env) !== undefined) return problemOf(issue, env);
    return problemAt(issue, { file, ...document.locate(issue.path, issue.at) });
  });
  problems.sort(byPlace);
  if (rest > 0)
    problems.push({ path: [], message: more(rest), severity: 'warning', text: `${file}: ${more(rest)}` });
  return problems;
}

function withinBounds(issues: readonly ConfigIssue[]): { shown: readonly ConfigIssue[]; rest: number } {
  if (issues.length <= MAX_PROBLEMS) return { shown: issues, rest: 0 };
  const errors = issues.filter((issue) => issue.severity !== 'warning');
  const warnings = issues.filter((issue) => issue.severity === 'warning');
  return { shown: [...errors, ...warnings].slice(0, MAX_PROBLEMS), rest: issues.length - MAX_PROBLEMS };
}

/** Orders problems as they stand in the file; those that stand in none come first. */
export const byPlace = (left: Problem, right: Problem): number => rank(left) - rank(right);

const rank = ({ place }: Problem): number => (place?.line ?? 0) * 10_000 + (place?.column ?? 0);

/** An issue at a place that is known. */
export function problemAt(issue: Issue, place: NonNullable<Problem['place']>): Problem {
  return { ...issue, place, text: `${place.file}:${place.line}:${place.column} ${sentence(issue)}` };
}

const more = (rest: number): string => `… and ${rest} more`;

const sentence = ({ path, message }: Issue): string =>
  path.length === 0 ? message : `${pathText(path)}: ${message}`;
