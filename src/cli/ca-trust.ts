// `sallyport ca install` and `uninstall`: the CA for servers into, or out of, what this machine and its browsers believe.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';

interface TrustOptions {
  readonly dir: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

export function addTrustCommands(ca: Command): void {
  for (const [act, what] of [
    ['install', 'Has this machine and its browsers believe the CA for servers; shows first what it will do.'],
    ['uninstall', 'Has them believe it no more.'],
  ] as const)
    ca.command(act)
      .description(what)
      .option('--dir <folder>', 'where the development CAs are', 'certs')
      .option('--yes', 'does not ask', false)
      .option('--dry-run', 'shows what it would do, and does not', false)
      .action(async (options: TrustOptions) => await change(act, options));
}

async function change(act: 'install' | 'uninstall', { dir, yes, dryRun }: TrustOptions): Promise<void> {
  const { trustActs, trustGaps } = await import('../app/development.ts');
  const caFile = path.resolve(dir, 'ca.crt');
  const certificate = await readFile(caFile).catch(() => {
    throw new Error(`there is no ${caFile}: run \`sallyport ca init\` first`);
  });
  const { env, platform } = process;
  const options = { caFile, der: new X509Certificate(certificate).raw, env, platform };
  const acts = trustActs(act, options);
  for (const gap of trustGaps(options)) console.log(gap);
  if (acts.length === 0) {
    console.log('There is nothing to do.');
    return;
  }
  console.log('This will be done:');
  for (const { text } of acts) console.log(`  ${text}`);
  if (dryRun || !(yes || (await isMeant()))) return;
  let failures = 0;
  for (const { text, carryOut } of acts)
    try {
      await carryOut();
      console.log(`done: ${text}`);
    } catch (error) {
      failures++;
      console.error(`sallyport: ${text}: ${error instanceof Error ? error.message : String(error)}`);
    }
  if (failures > 0) throw new Error(`${failures} of ${acts.length} could not be done`);
  console.log('Browsers that are open need a restart.');
}

async function isMeant(): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question('Go on? [y/N] ');
  lines.close();
  return /^y(?:es)?$/i.test(answer.trim());
}
