// What bench/engine.ts measures, in a process of its own with room for new objects, so that collections hardly disturb it.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

export interface EngineCost {
  readonly us: number;
  readonly allocatedBytes: number;
  readonly writes: number;
}

const FLAGS = ['--min-semi-space-size=256', '--max-semi-space-size=256'];

/** Of the checkout in `root`. Throws where it has none, or fails. */
export function engineCost(root: string): EngineCost {
  const args = [...FLAGS, path.join(root, 'bench/engine.ts'), '--json'];
  const printed = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return JSON.parse(printed) as EngineCost;
}
