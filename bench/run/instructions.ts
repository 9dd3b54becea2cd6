// Processor instructions of a part of a Node program: it runs under callgrind, which counts from where the program says
// so to its end. Up to there it is merely slow.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const VALGRIND = [
  '--tool=callgrind',
  '--instr-atstart=no',
  '--callgrind-out-file=/dev/null',
  // V8 writes code.
  '--smc-check=all-non-file',
];
/** Nothing runs beside the program, and nothing is left to chance. */
const NODE = [
  '--single-threaded',
  '--hash-seed=7',
  '--random-seed=7',
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
];

/** Of the program in `args`, from where it calls `countedHere`. Throws where valgrind is missing or the program fails. */
export async function instructionsOf(args: readonly string[]): Promise<number> {
  const child = spawn('valgrind', [...VALGRIND, process.execPath, ...NODE, ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const [said, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  const collected = /Collected : (\d+)/.exec(said)?.[1];
  if (status !== 0 || collected === undefined) throw new Error(`valgrind failed:\n${said}`);
  return Number(collected);
}

/** Counting begins when it resolves. The program goes on meanwhile: valgrind listens to it only while it runs. */
export async function countedHere(): Promise<void> {
  const outcome: { error?: Error | null } = {};
  execFile('callgrind_control', ['--instr=on', String(process.pid)], (error) => (outcome.error = error));
  while (outcome.error === undefined) await new Promise(setImmediate);
  if (outcome.error !== null) throw outcome.error;
}
