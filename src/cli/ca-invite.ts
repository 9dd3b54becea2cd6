// `sallyport ca invite`: lets somebody fetch a first certificate at a host with `enrol`.
import { type Command, InvalidArgumentError } from 'commander';

const HOUR_MS = 3_600_000;
const HOURS = 24;
const MAX_HOURS = 30 * 24;

interface InviteOptions {
  readonly dir: string;
  readonly hours: number;
  readonly uri?: string[];
  readonly dns?: string[];
  readonly url?: URL;
}

export function addInviteCommand(ca: Command): void {
  ca.command('invite')
    .description('Lets somebody fetch one client certificate at a host with `enrol`, by a token.')
    .argument('<name-or-email>', 'whom it is for')
    .option('--dir <folder>', 'where the development CAs are', 'certs')
    .option('--hours <n>', 'how long the token can be used', parseHours, HOURS)
    .option('--uri <uri...>', 'URI names to put into it, such as a SPIFFE ID')
    .option('--dns <host...>', 'host names to put into it, for a machine')
    .option('--url <url>', 'https URL of the host with `enrol`: prints a link to open', parseUrl)
    .action(invite);
}

async function invite(who: string, { dir, hours, uri, dns, url }: InviteOptions): Promise<void> {
  const development = await import('../app/development.ts');
  const { commonName, names } = development.clientNames(who, { uris: uri, hosts: dns });
  await development.readRoot('client-ca', { folder: dir, now: Date.now() });
  const until = Date.now() + hours * HOUR_MS;
  const token = await development.invite(dir, { commonName, names, until });
  console.log(
    `${Object.values(names).flat().join(' ')} can use this once, until ${new Date(until).toISOString()}:`,
  );
  // After the `#`, so that it is in no log of a server.
  console.log(url === undefined ? token : new URL(`#${token}`, url).href);
}

function parseHours(text: string): number {
  const hours = Number(text);
  if (!/^\d+$/.test(text) || hours < 1 || hours > MAX_HOURS)
    throw new InvalidArgumentError(`Write a whole number from 1 to ${MAX_HOURS}.`);
  return hours;
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:') throw new InvalidArgumentError('Write an https URL.');
  return url;
}
