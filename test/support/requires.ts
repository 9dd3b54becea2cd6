// Tests that need a tool which is not on every machine: skipped with a reason there, but a failure where CI says so.
import { toolPath } from '../../src/core/tool-path.ts';

export { toolPath };

interface Skippable {
  plan(count: number, reason: string): void;
  fail(message: string): unknown;
}

/** False when the tool is missing: the test is then skipped (failed when CI=true), and must return. */
export function requireTool(t: Skippable, tool: string): boolean {
  if (toolPath(tool) !== undefined) return true;
  const reason = `${tool} is not installed`;
  if (process.env['CI'] === 'true') t.fail(`${reason}, and CI must not skip`);
  else t.plan(0, reason);
  return false;
}
