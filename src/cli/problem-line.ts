// A configuration issue as one line that starts with its place, as editors and terminals can follow it.
import type { Problem } from '../config/problem.ts';

export function problemLine({ text, severity }: Problem): string {
  return severity === 'warning' ? `${text} (warning)` : text;
}
