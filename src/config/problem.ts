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

/** A problem with the file itself rather than a setting in it. */
export function fileProblem(message: string, place: NonNullable<Problem['place']>): Problem {
  return { path: [], message, place, text: `${placeText(place)} ${message}` };
}

/** `environment CERTIFICATE: …` where a variable gave the setting, else `routes[2].to: …`. */
export function problemOf(issue: Issue, env: Environment): Problem {
  const variable = variableOf(issue.path[0], env);
  return { ...issue, text: `${variable === undefined ? '' : `environment ${variable}: `}${sentence(issue)}` };
}

/** The issues at their places, in the order of the file. */
export function placeIssues(
  issues: readonly ConfigIssue[],
  document: ParsedDocument,
  file: string,
  env: Environment,
): Problem[] {
  const problems = issues.map((issue): Problem => {
    if (variableOf(issue.path[0], env) !== undefined) return problemOf(issue, env);
    const place = { file, ...document.locate(issue.path, issue.at) };
    return { ...issue, place, text: `${placeText(place)} ${sentence(issue)}` };
  });
  const line = ({ place }: Problem): number => (place?.line ?? 0) * 10_000 + (place?.column ?? 0);
  return problems.sort((left, right) => line(left) - line(right));
}

const placeText = (place: NonNullable<Problem['place']>): string =>
  `${place.file}:${place.line}:${place.column}`;

const sentence = ({ path, message }: Issue): string =>
  path.length === 0 ? message : `${pathText(path)}: ${message}`;
