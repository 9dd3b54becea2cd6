// Runs the real command line as a child process, to its end.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import path from 'node:path';

/** The command as a script that the Node of this process runs. */
export const BIN = path.resolve(import.meta.dirname, '../../src/cli/bin.ts');

/** What it printed and how it ended. */
export function sallyport(cwd: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [BIN, ...args], {
    cwd,

    encoding: 'utf8',
    timeout: 30_000,
  });
}
