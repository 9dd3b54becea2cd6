// The commands and their options. Each command is a file; this one only says which there are.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ConfigError } from '../app/config-error.ts';
import type { LogFormat } from '../app/logging.ts';
import { packageVersion } from '../app/package-version.ts';
import { addAcmeCommand } from './acme.ts';
import { addCaCommand } from './ca.ts';
import { certs, parseDays } from './certs.ts';
import { check } from './check.ts';
import { explain } from './explain.ts';
import { EXIT } from './exit-codes.ts';
import { problemLine } from './problem-line.ts';
import { run } from './run.ts';

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
  if (error instanceof ConfigError) {
    for (const problem of error.problems) console.error(problemLine(problem));
    return EXIT.config;
  }
  console.error(`sallyport: ${error instanceof Error ? error.message : String(error)}`);
  return EXIT.failed;
}

function program(): Command {
  const sallyport = new Command('sallyport')
    .description('A mutual-TLS reverse proxy: every hop shows a certificate, or nothing passes.')
    .helpOption('-h, --help', 'shows what can be said')
    .exitOverride()
    .showHelpAfterError('(add --help for what can be said)');
  sallyport
    .command('run')
    .description('Serves what the configuration says until SIGTERM or SIGINT; SIGHUP reloads it.')
    .addOption(configFile())
    .addOption(logFormat(process.stdout.isTTY ? 'pretty' : 'json'))
    .action(run);
  sallyport
    .command('dev')
    .description('Starts demo apps and Sallyport in front of them, with certificates made on the spot.')
    .option('--port <n>', 'where to listen on this machine; 0 for one that is free', parsePort, 8443)
    .option('--dir <folder>', 'where the certificates are', 'certs')
    .option('--fresh', 'makes all certificates anew', false)
    .addOption(logFormat('pretty'))
    .action(async (options: { port: number; dir: string; fresh: boolean; logFormat: LogFormat }) => {
      const { dev } = await import('./dev.ts');
      await dev(options);
    });
  sallyport
    .command('check')
    .description('Prints every issue of the configuration with its place, and serves nothing.')
    .addOption(configFile())
    .action(check);
  sallyport
    .command('explain <url>')
    .description('Says whether a request would be let through, and why; serves nothing.')
    .addOption(configFile())
    .option('--cert <file>', 'the certificate that the client shows, PEM or DER (default: none)')
    .option('--method <method>', 'the method of the request', 'GET')
    .option('--ip <address>', 'where the client is', '127.0.0.1')
    .option('--at <time>', 'when, as in 2027-01-01T00:00Z (default: now)')
    .option('--tls <version>', 'the version of TLS that the client speaks, 1.2 or 1.3', '1.3')
    .option('--json', 'prints it as JSON', false)
    .action(explain);
  sallyport
    .command('certs')
    .description(
      'Lists every certificate and revocation list in play with its end; exits as monitoring plugins do.',
    )
    .addOption(configFile())
    .option('--warning <days>', 'days before the end', parseDays, 21)
    .option('--critical <days>', 'days before the end', parseDays, 7)
    .option('--json', 'prints it as JSON', false)
    .action(certs);
  addCaCommand(sallyport);
  addAcmeCommand(sallyport);
  const version = packageVersion();
  for (const command of withSubcommands(sallyport))
    command.version(version, '-v, --version', 'shows the version').helpCommand(false);
  return sallyport;
}

function configFile(): Option {
  return new Option('-c, --config <file>', 'the configuration').default('routes.yaml');
}

function logFormat(otherwise: LogFormat): Option {
  return new Option('--log-format <format>', 'how log lines look')
    .choices(['pretty', 'json'])
    .default(otherwise);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('Write a whole number up to 65535.');
  return port;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
