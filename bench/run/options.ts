// The command line of `npm run bench`.
import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error.ts';

export interface BenchOptions {
  readonly rounds: number;
  readonly peers: readonly string[];
  readonly works: readonly string[];
  /** Whether this is the whole bench, which alone may rewrite the published figures. */
  readonly isWhole: boolean;
}

/** What may be chosen. */
export interface Choices {
  readonly peers: readonly string[];
  readonly works: readonly string[];
}

export const benchUsage = ({ peers, works }: Choices): string => `Usage: npm run bench -- [options]

  --rounds N      default 3
  --only PEERS    of ${peers.join(',')}
  --work WORKS    of ${works.join(',')}

The whole bench writes docs/benchmarks.md and bench/results.json; a part of it only prints.`;

/** Throws UsageError. Peers and works come back in the order of `choices`, whatever was typed. */
export function parseBenchOptions(args: readonly string[], choices: Choices): BenchOptions {
  const { rounds, only, work } = readArguments(args);
  if (!/^[1-9]\d?$/.test(rounds)) throw new UsageError(`--rounds wants 1 to 99, not '${rounds}'`);
  return {
    rounds: Number(rounds),
    peers: choose('--only', only, choices.peers),
    works: choose('--work', work, choices.works),
    isWhole: only === undefined && work === undefined,
  };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '3' },
        only: { type: 'string' },
        work: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function choose(option: string, typed: string | undefined, all: readonly string[]): readonly string[] {
  if (typed === undefined) return all;
  const wanted = typed.split(',');
  const unknown = wanted.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new UsageError(`${option}: '${unknown}' is none of ${all.join(', ')}`);
  return all.filter((name) => wanted.includes(name));
}
