// The commands and their options. Each command is a file; this one only says which there are.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addCaCommand } from './ca.ts';
import { EXIT } from './exit-codes.ts';

/** Runs the command line `argv` (without node and script) and sets `process.exitCode`, see exit-codes.ts. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync([...argv], { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

/** Commander has printed what it throws; of anything else the message is what a user can use. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  console.error(`sallyport: ${error instanceof Error ? error.message : String(error)}`);
  return EXIT.failed;
}

function program(): Command {
  const sallyport = new Command('sallyport')
    .description('A mutual-TLS reverse proxy: every hop shows a certificate, or nothing passes.')
    .helpOption('-h, --help', 'shows what can be said')
    .exitOverride()
    .showHelpAfterError('(add --help for what can be said)');
  addCaCommand(sallyport);
  const version = packageVersion();
  for (const command of withSubcommands(sallyport))
    command.version(version, '-v, --version', 'shows the version').helpCommand(false);
  return sallyport;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
