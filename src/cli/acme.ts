// `sallyport acme`: what acme.sh does, for hosts that Sallyport does not serve, and for other programs.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AcmeContext, AcmeMethod, AcmeWish, IssuedCertificate } from '../app/acme-commands.ts';

interface ServerOptions {
  readonly server: string;
  readonly staging: boolean;
  readonly caBundle?: string;
  readonly email?: string;
  readonly eabKid?: string;
  readonly eabHmacKey?: string;
  readonly keylength: 'ec-256' | 'ec-384' | '2048';
  readonly ocspMustStaple: boolean;
  readonly profile?: string;
  readonly preferredChain?: string;
  readonly dir?: string;
  readonly out: string;
}

interface MethodOptions {
  readonly dns?: string;
  readonly standalone?: string | true;
  readonly alpn?: string | true;
  readonly resolver: string[];
  readonly dnssleep: number;
}

/** What asks for certificates takes a while to load, so no other command waits for it. */
const commands = () => import('../app/acme-commands.ts');

/** Adds the command with its subcommands. */
export function addAcmeCommand(sallyport: Command): void {
  const acme = sallyport.command('acme').description('Asks ACME servers for certificates, as acme.sh does.');
  withMethod(withServer(acme.command('issue')))
    .description('Asks for a certificate and remembers how, for renewals.')
    .requiredOption('-d, --domain <name...>', 'what it is for; a wildcard needs --dns')
    .action(issue);
  withFolder(acme.command('renew'))
    .description('Renews the certificates that are due: for cron, or a timer of systemd.')
    .option('-d, --domain <name>', 'this one alone')
    .option('--force', 'also those that are not due', false)
    .action(renew);
  withFolder(acme.command('list')).description('Lists what was issued.').action(list);
  withFolder(acme.command('revoke'))
    .description('Revokes a certificate, which is then not renewed any more.')
    .requiredOption('-d, --domain <name>', 'its first name')
    .option(
      '--reason <n>',
      'as in RFC 5280: 1 the key is known to others, 4 it has been replaced',
      parseReason,
      0,
    )
    .action(revoke);
  withMethod(withServer(acme.command('signcsr')))
    .description('Asks for a certificate for a request that was made elsewhere.')
    .requiredOption('--csr <file>', 'the request, PEM or DER')
    .action(signcsr);
}

function withFolder(command: Command): Command {
  return command.option(
    '--dir <folder>',
    'where accounts and certificates are kept (default: as autocert_dir)',
  );
}

function withServer(command: Command): Command {
  return withFolder(command)
    .option(
      '--server <name-or-url>',
      'letsencrypt, letsencrypt_test, or the URL of a directory',
      'letsencrypt',
    )
    .option('--staging', "Let's Encrypt's staging server", false)
    .option('--ca-bundle <file>', "the CAs that the server's own certificate may have, PEM")
    .option('-m, --email <address>', 'whom the server may write to')
    .option('--eab-kid <id>', 'external account binding: the key ID')
    .option('--eab-hmac-key <key>', 'external account binding: the key, base64url')
    .addOption(
      new Option('-k, --keylength <kind>', 'the kind of key')
        .choices(['ec-256', 'ec-384', '2048'])
        .default('ec-256'),
    )
    .option('--ocsp-must-staple', 'a certificate that clients take only with an OCSP answer', false)
    .option('--profile <name>', "one of the server's profiles")
    .option('--preferred-chain <name>', 'the issuer that the chain is to end in')
    .option('--out <folder>', 'where the files go, in a folder for each certificate', 'certs');
}

function withMethod(command: Command): Command {
  return command
    .option(
      '--dns <provider>',
      'by a record in DNS: cloudflare, rfc2136, acme-dns, httpreq, exec, manual, or a script of acme.sh',
    )
    .option('--standalone [address]', 'by HTTP, with a port that is open meanwhile (default: :80)')
    .option('--alpn [address]', 'by TLS, with a port that is open meanwhile (default: :443)')
    .option('--resolver <address...>', 'name servers to ask for the record', [])
    .option(
      '--dnssleep <seconds>',
      'how long a record may take to be seen; 0: it is not looked for',
      parseSeconds,
      120,
    );
}

async function issue(options: ServerOptions & MethodOptions & { domain: string[] }): Promise<void> {
  const { issueCertificate } = await commands();
  const wish = { ...(await wishOf(options)), names: options.domain };
  console.log(`made ${await issueCertificate(wish, await contextOf(options))}`);
}

async function signcsr(options: ServerOptions & MethodOptions & { csr: string }): Promise<void> {
  const { signCsr } = await commands();
  const made = await signCsr(await wishOf(options), await readFile(options.csr), await contextOf(options));
  console.log(`made ${made}`);
}

async function renew(options: { dir?: string; domain?: string; force: boolean }): Promise<void> {
  const { issueCertificate } = await commands();
  const context = await contextOf(options);
  let failures = 0;
  for (const { wish, renewAt } of await chosen(options)) {
    const name = wish.names[0] ?? '';
    if (!options.force && renewAt !== undefined && renewAt > Date.now()) {
      console.log(`${name} is not due until ${isoDate(renewAt)}`);
      continue;
    }
    try {
      console.log(`made ${await issueCertificate(wish, context)}`);
    } catch (error) {
      failures++;
      console.error(`sallyport: ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (failures > 0) throw new Error(`${failures} could not be renewed`);
}

async function list(options: { dir?: string }): Promise<void> {
  const all = await chosen(options);
  if (all.length === 0) console.log('Nothing was issued yet.');
  for (const { wish, notAfter, renewAt } of all) {
    const until = notAfter === undefined ? 'it is gone' : `until ${isoDate(notAfter)}`;
    const due = renewAt === undefined ? '' : `, renewed from ${isoDate(renewAt)}`;
    console.log(
      `${wish.names.join(' ')}: ${until}${due}, ${methodText(wish.method)}, ${wish.settings.directoryUrl}`,
    );
  }
}

async function revoke(options: { dir?: string; domain: string; reason: number }): Promise<void> {
  const { revokeCertificate } = await commands();
  for (const { wish } of await chosen(options))
    await revokeCertificate(wish, await contextOf(options), options.reason);
  console.log(`revoked the certificate for ${options.domain}`);
}

/** Throws where a name is given that nothing was issued for. */
async function chosen({ dir, domain }: { dir?: string; domain?: string }): Promise<IssuedCertificate[]> {
  const { issuedCertificates, usualFolder } = await commands();
  const all = await issuedCertificates(dir ?? usualFolder(process.env), Date.now());
  if (domain === undefined) return all;
  const found = all.filter(({ wish }) => wish.names[0] === domain);
  if (found.length === 0) throw new Error(`nothing was issued for ${domain}`);
  return found;
}

async function wishOf(options: ServerOptions & MethodOptions): Promise<Omit<AcmeWish, 'names'>> {
  const { ACME_SERVERS, KEY_ALGORITHMS } = await commands();
  const { server, staging, eabKid, eabHmacKey, caBundle, keylength } = options;
  if ((eabKid === undefined) !== (eabHmacKey === undefined))
    throw new Error('--eab-kid and --eab-hmac-key go together');
  const directoryUrl = ACME_SERVERS[staging ? 'letsencrypt_test' : server] ?? server;
  if (!URL.canParse(directoryUrl)) throw new Error(`--server ${server} is not a URL`);
  return {
    settings: {
      directoryUrl,
      trustedCa: caBundle === undefined ? undefined : await readFile(caBundle, 'utf8'),
      email: options.email,
      externalAccount:
        eabKid === undefined || eabHmacKey === undefined ? undefined : { keyId: eabKid, macKey: eabHmacKey },
      keyAlgorithm: KEY_ALGORITHMS[keylength],
      mustStaple: options.ocspMustStaple,
      profile: options.profile,
      preferredChain: options.preferredChain,
    },
    method: methodOf(options),
    // Renewals may be made from another folder.
    out: path.resolve(options.out),
    resolvers: options.resolver,
    propagationMs: options.dnssleep * 1000,
  };
}

function methodOf({ dns, standalone, alpn }: MethodOptions): AcmeMethod {
  if ([dns, standalone, alpn].filter((one) => one !== undefined).length !== 1)
    throw new Error('say how it is proven: one of --dns, --standalone, --alpn');
  if (dns !== undefined) return { kind: 'dns-01', provider: dns.includes('/') ? path.resolve(dns) : dns };
  if (standalone !== undefined) return { kind: 'http-01', address: standalone === true ? ':80' : standalone };
  return { kind: 'tls-alpn-01', address: alpn === undefined || alpn === true ? ':443' : alpn };
}

async function contextOf({ dir }: { dir?: string }): Promise<AcmeContext> {
  const { usualFolder } = await commands();
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort(new Error('interrupted')));
  return {
    folder: dir ?? usualFolder(process.env),
    env: process.env,
    signal: stopping.signal,
    ask: async ({ name, value }) => {
      console.log(`Make this record, then press Enter:\n\n  ${name}.  TXT  "${value}"\n`);
      const lines = createInterface({ input: process.stdin, output: process.stdout });
      await lines.question('', { signal: stopping.signal });
      lines.close();
    },
  };
}

const isoDate = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');

const methodText = (method: AcmeMethod): string =>
  method.kind === 'dns-01' ? `${method.kind} by ${method.provider}` : `${method.kind} on ${method.address}`;

function parseSeconds(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Write a whole number of seconds.');
  return Number(text);
}

function parseReason(text: string): number {
  if (!/^(?:[0-6]|8|9|10)$/.test(text))
    throw new InvalidArgumentError('Write a reason of RFC 5280, 0 to 10.');
  return Number(text);
}
