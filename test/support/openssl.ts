// The real `openssl`, as a second opinion on what we issue.
import { spawnSync } from 'node:child_process';

/** A reason to skip where there is no openssl and this is not CI; false where there is one or must be one. */
export const skipWithoutOpenssl: string | false =
  spawnSync('openssl', ['version']).status === 0 || process.env['CI'] !== undefined
    ? false
    : 'openssl is not installed';

/** What it prints on both streams; throws with that when it fails. */
export function openssl(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout + stderr;
}
