// `sallyport ca`: certificates from the development CAs, for other people and other hosts.
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DevIssued, MadePair, RevocationReason } from '../app/development.ts';
import { parseCertificate } from '../pki/facts.ts';
import { parsePem } from '../pki/pem.ts';
import { addInviteCommand } from './ca-invite.ts';
import { addTrustCommands } from './ca-trust.ts';

const MAX_DAYS = 3650;
/** Within what browsers on Apple systems take from a CA that a user imported. */
const SERVER_DAYS = 90;
const CLIENT_DAYS = 365;
const CRL_DAYS = 30;
const REASONS: readonly RevocationReason[] = [
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
];

interface CaOptions {
  readonly dir: string;
}

interface IssueOptions extends CaOptions {
  readonly days: number;
  readonly out?: string;
}

/** What makes certificates takes a while to load, so no other command waits for it. */
const development = () => import('../app/development.ts');

/** Adds the command with its three subcommands. */
export function addCaCommand(sallyport: Command): void {
  const ca = sallyport.command('ca').description('Issues certificates from the development CAs.');
  withFolder(ca.command('init'))
    .description('Makes the development CAs and certificates, or completes them.')
    .option('--permit <name...>', 'domains or addresses that server certificates may also be for')
    .option('--fresh', 'makes everything anew')
    .action(init);
  withFolder(ca.command('client'))
    .description('Issues a client certificate.')
    .argument('<name-or-email>', 'whom it is for')
    .option('--days <n>', 'how long it is valid', parseDays, CLIENT_DAYS)
    .option('--out <folder>', 'where the files go (default: the folder of the CAs)')
    .option('--p12', 'also as a .p12 that browsers import; its password is printed')
    .option('--uri <uri...>', 'URI names to put into it, such as a SPIFFE ID')
    .action(client);
  withFolder(ca.command('server'))
    .description('Issues a server certificate.')
    .argument('<host...>', 'host names, wildcards and addresses that it is for')
    .option('--days <n>', 'how long it is valid', parseDays, SERVER_DAYS)
    .option('--out <folder>', 'where the files go (default: the folder of the CAs)')
    .action(server);
  addInviteCommand(ca);
  addTrustCommands(ca);
  withFolder(ca.command('list')).description('Lists the certificates that were issued.').action(list);
  withFolder(ca.command('revoke'))
    .description(
      'Takes certificates and invitations back: of a person, a host, a serial number, or one in a file.',
    )
    .argument('<who>', 'e-mail address, name, host, serial number, or path of a certificate')
    .addOption(new Option('--reason <reason>', 'why').choices(REASONS))
    .option('--days <n>', 'how long the list lasts', parseDays, CRL_DAYS)
    .action(revoke);
  withFolder(ca.command('crl'))
    .description('Makes the revocation list of the CA for people anew, before the last one ends.')
    .option('--days <n>', 'how long the list lasts', parseDays, CRL_DAYS)
    .action(crl);
}

function withFolder(command: Command): Command {
  return command.option('--dir <folder>', 'where the development CAs are', 'certs');
}

async function init(options: CaOptions & { permit?: string[]; fresh?: boolean }): Promise<void> {
  const { prepareDevCertificates } = await development();
  const { made } = await prepareDevCertificates({
    folder: options.dir,
    now: Date.now(),
    isFresh: options.fresh ?? false,
    permit: options.permit ?? [],
  });
  if (made.length === 0) console.log(`Everything in ${options.dir} is in order.`);
  for (const line of madeLines(made, options.dir)) console.log(line);
}

async function client(who: string, options: IssueOptions & { uri?: string[]; p12?: boolean }): Promise<void> {
  const { dir, days, out, uri, p12 = false } = options;
  const { DEV_P12_PASSWORD, issueDevClient } = await development();
  const issued = await issueDevClient(who, {
    folder: dir,
    days,
    now: Date.now(),
    hasP12: p12,
    ...(out !== undefined && { out }),
    ...(uri !== undefined && { uris: uri }),
  });
  report(issued);
  if (issued.p12File !== undefined)
    console.log(`made ${path.normalize(issued.p12File)}, password: ${DEV_P12_PASSWORD}`);
}

async function server(hosts: string[], { dir, days, out }: IssueOptions): Promise<void> {
  const [first, ...rest] = hosts;
  if (first === undefined) return;
  const { issueDevServer } = await development();
  const issued = await issueDevServer([first, ...rest], {
    folder: dir,
    days,
    now: Date.now(),
    ...(out !== undefined && { out }),
  });
  report(issued);
}

async function list({ dir }: CaOptions): Promise<void> {
  const { issuedEntries, openInvitations } = await development();
  const entries = await issuedEntries(dir);
  const invitations = await openInvitations(dir, Date.now());
  if (entries.length + invitations.length === 0) console.log('Nothing was issued yet.');
  for (const { serial, subject, names, notAfter, revokedAt } of entries) {
    const state =
      revokedAt !== undefined
        ? `revoked on ${isoDate(revokedAt)}`
        : notAfter <= Date.now()
          ? `ended on ${isoDate(notAfter)}`
          : `until ${isoDate(notAfter)}`;
    console.log([serial, state, names.join(' ') || subject].join('  '));
  }
  for (const { names, until } of invitations)
    console.log(`invited  until ${new Date(until).toISOString()}  ${Object.values(names).flat().join(' ')}`);
}

async function revoke(
  who: string,
  { dir, days, reason }: CaOptions & { days: number; reason?: RevocationReason },
): Promise<void> {
  const { crlFileOf, revokeIssued } = await development();
  const { certificates: revoked, invitations } = await revokeIssued(dir, who, {
    now: Date.now(),
    days,
    reason,
  });
  for (const { serial, subject } of revoked) console.log(`revoked ${serial}, ${subject}`);
  if (invitations > 0) console.log(`took back ${invitations} invitation${invitations === 1 ? '' : 's'}`);
  for (const root of new Set(revoked.map((entry) => entry.root))) console.log(`made ${crlFileOf(dir, root)}`);
}

async function crl({ dir, days }: CaOptions & { days: number }): Promise<void> {
  const { writeCrl } = await development();
  console.log(`made ${await writeCrl(dir, 'client-ca', { now: Date.now(), days })}`);
}

const isoDate = (time: number): string => new Date(time).toISOString().slice(0, 10);

function report({ files, pair }: DevIssued): void {
  const [block] = parsePem(pair.certPem);
  console.log(`made ${path.normalize(files.cert)}`);
  console.log(`made ${path.normalize(files.key)}`);
  if (block !== undefined) {
    const { notAfter, sha256 } = parseCertificate(block.der);
    console.log(`valid until ${new Date(notAfter).toISOString()}, SHA-256 ${sha256}`);
  }
}

const isFirst = (why: string): boolean => why === 'there was none';

/** What was made and why, a line each; says when people must import something again. */
export function madeLines(made: readonly MadePair[], folder: string): string[] {
  const lines = made.map(
    ({ name, why }) => `made ${path.join(folder, name)}.crt and .key${isFirst(why) ? '' : ` (${why})`}`,
  );
  const names = new Set(made.map(({ name, why }) => (isFirst(why) ? '' : name)));
  if (names.has('ca'))
    lines.push('The CA for servers is new: browsers that had the old one need ca.crt again.');
  if (names.has('client'))
    lines.push('Your certificate is new: browsers that had the old one need client.p12 again.');
  return lines;
}

function parseDays(text: string): number {
  const days = Number(text);
  if (!/^\d+$/.test(text) || days < 1 || days > MAX_DAYS)
    throw new InvalidArgumentError(`Write a whole number from 1 to ${MAX_DAYS}.`);
  return days;
}
