// `sallyport acme`: certificates asked for from the command line, remembered so that they can be renewed, in files named as
// acme.sh names them.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { openAccount } from '../certs/acme/account.ts';
import { type ChallengeSolver, StoredChallenges } from '../certs/acme/challenges.ts';
import { dnsFromEnvironment } from '../certs/acme/dns/environment.ts';
import { ManualProvider } from '../certs/acme/dns/manual.ts';
import type { TxtRecord } from '../certs/acme/dns/provider.ts';
import { dnsProvider } from '../certs/acme/dns/settings.ts';
import { DnsSolver } from '../certs/acme/dns/solver.ts';
import { KeptCertificates } from '../certs/acme/kept-certificates.ts';
import { forgetOrder, obtain } from '../certs/acme/obtain.ts';
import { renewAt } from '../certs/acme/renewal.ts';
import { type AcmeSettings, type ChallengeType, orderOf } from '../certs/acme/settings.ts';
import { FileStorage } from '../certs/storage/file-storage.ts';
import type { Storage } from '../certs/storage/storage.ts';
import { KEY_MODE, OPEN_MODE, writeFileWhole } from '../certs/write-file.ts';
import type { Environment } from '../config/env.ts';
import { LETS_ENCRYPT, LETS_ENCRYPT_STAGING } from '../config/schema-autocert.ts';
import { normalizeHostname } from '../core/hostname.ts';
import { certificatePem, parsePem, pemOf } from '../pki/pem.ts';
import { readHostRequest } from '../pki/csr.ts';
import { openStandalone } from './acme-standalone.ts';

export { KEY_ALGORITHMS } from '../certs/acme/settings.ts';
export { usualFolder } from './autocert-plan.ts';

/** Names of servers on the command line. */
export const ACME_SERVERS: Readonly<Record<string, string>> = {
  letsencrypt: LETS_ENCRYPT,
  letsencrypt_test: LETS_ENCRYPT_STAGING,
};

/** How it is proven that the names are ours. */
export type AcmeMethod =
  | { readonly kind: 'http-01' | 'tls-alpn-01'; readonly address: string }
  /** A provider as `--dns` takes them, or `manual`. */
  | { readonly kind: 'dns-01'; readonly provider: string };

export interface AcmeWish {
  readonly names: readonly string[];
  readonly settings: Omit<AcmeSettings, 'challenges' | 'dns'>;
  readonly method: AcmeMethod;
  /** Where the files go: a folder for each certificate in it. */
  readonly out: string;
  /** Addresses of name servers that are asked; empty: those of the system. */
  readonly resolvers: readonly string[];
  /** How long a record may take to be seen, ms. */
  readonly propagationMs: number;
}

export interface AcmeContext {
  /** Where accounts and certificates are kept. */
  readonly folder: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
  /** Shows a record that somebody has to make by hand, and waits until it is there. */
  readonly ask: (record: TxtRecord) => Promise<void>;
}

/** One that was issued; `notAfter` and `renewAt` in milliseconds since the epoch, undefined where it is gone. */
export interface IssuedCertificate {
  readonly wish: AcmeWish;
  readonly notAfter: number | undefined;
  readonly renewAt: number | undefined;
}

/** Asks for it, writes `fullchain.cer`, `NAME.cer`, `NAME.key` and `ca.cer`, and returns their folder. */
export async function issueCertificate(wish: AcmeWish, context: AcmeContext): Promise<string> {
  const storage = new FileStorage(context.folder);
  const order = orderOf(namesOf(wish.names));
  const settings = settingsOf(wish);
  const pem = await ask(wish, context);
  await new KeptCertificates(storage).keep(settings, order, pem);
  await forgetOrder(order, { storage, settings });
  await storage.write(wishKey(order.name), JSON.stringify(wish));
  return await writeFiles(wish, pem);
}

/** The same for somebody else's key: without `NAME.key`, and not renewed. `csr` in PEM or DER. */
export async function signCsr(
  wish: Omit<AcmeWish, 'names'>,
  csr: Buffer,
  context: AcmeContext,
): Promise<string> {
  const { der, names } = await readHostRequest(csr);
  const whole = { ...wish, names };
  return await writeFiles(whole, await ask(whole, context, der));
}

/** Those that were issued, in no order. */
export async function issuedCertificates(folder: string, now: number): Promise<IssuedCertificate[]> {
  const storage = new FileStorage(folder);
  const kept = new KeptCertificates(storage);
  const found: IssuedCertificate[] = [];
  for (const key of await storage.list('issued')) {
    const text = (await storage.read(key))?.toString('utf8');
    if (text === undefined) continue;
    const wish = JSON.parse(text) as AcmeWish;
    const credential = await kept.get(settingsOf(wish), orderOf(namesOf(wish.names)), now);
    const leaf = credential?.leaf;
    found.push({ wish, notAfter: leaf?.notAfter, renewAt: leaf && renewAt(leaf) });
  }
  return found;
}

/** `reason` of RFC 5280 5.3.1, 0 for none. It is not renewed any more. */
export async function revokeCertificate(wish: AcmeWish, context: AcmeContext, reason = 0): Promise<void> {
  const storage = new FileStorage(context.folder);
  const order = orderOf(namesOf(wish.names));
  const credential = await new KeptCertificates(storage).get(settingsOf(wish), order, Date.now());
  if (credential === undefined) throw new Error(`there is no certificate for ${order.names.join(', ')}`);
  const session = await openAccount(storage, settingsOf(wish), context.signal);
  await session.revoke(certificatePem(credential.leaf.der), reason);
  await storage.remove(wishKey(order.name));
}

async function ask(wish: AcmeWish, context: AcmeContext, csr?: Buffer): Promise<string> {
  const storage = new FileStorage(context.folder);
  const order = orderOf(namesOf(wish.names));
  const settings = settingsOf(wish);
  const lock = await storage.lock(`issue_${order.name}`, context.signal);
  const { solver, close } = await openSolver(wish, context, storage);
  try {
    const session = await openAccount(storage, settings, context.signal);
    const parts = { storage, settings, session, solver, failures: 0, replaces: undefined, csr };
    return await obtain(order, { ...parts, now: Date.now(), signal: context.signal });
  } finally {
    close();
    await lock.release();
  }
}

/** The settings that an account and a certificate are found by do not depend on how it is proven. */
function settingsOf({ settings, method }: AcmeWish): AcmeSettings {
  return { ...settings, challenges: [method.kind satisfies ChallengeType], dns: undefined };
}

async function openSolver(
  { method, resolvers, propagationMs }: AcmeWish,
  { env, ask: askSomebody }: AcmeContext,
  storage: Storage,
): Promise<{ solver: ChallengeSolver; close: () => void }> {
  if (method.kind !== 'dns-01')
    return {
      solver: new StoredChallenges(storage),
      close: await openStandalone(method.kind, method.address, storage),
    };
  const provider =
    method.provider === 'manual'
      ? new ManualProvider(askSomebody)
      : dnsProvider(dnsFromEnvironment(method.provider, env), storage);
  return { solver: new DnsSolver(provider, { resolvers, propagationMs }), close: () => {} };
}

async function writeFiles({ names, out }: AcmeWish, pem: string): Promise<string> {
  const { name } = orderOf(namesOf(names));
  const folder = path.join(out, name);
  await mkdir(folder, { recursive: true });
  const blocks = parsePem(pem);
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE');
  const [leaf = '', ...chain] = certificates.map(({ der }) => certificatePem(der));
  const key = blocks.find(({ label }) => label === 'PRIVATE KEY');
  // The key first: a certificate without its key is worth nothing, the other way round nothing is lost.
  if (key !== undefined)
    await writeFileWhole(path.join(folder, `${name}.key`), pemOf(key.label, key.der), KEY_MODE);
  await writeFileWhole(path.join(folder, `${name}.cer`), leaf, OPEN_MODE);
  await writeFileWhole(path.join(folder, 'ca.cer'), chain.join(''), OPEN_MODE);
  await writeFileWhole(path.join(folder, 'fullchain.cer'), leaf + chain.join(''), OPEN_MODE);
  return folder;
}

function namesOf(names: readonly string[]): [string, ...string[]] {
  const [first, ...others] = names.map((name) => {
    const host = normalizeHostname(name.replace(/^\*\./, ''));
    if (host === undefined) throw new Error(`'${name}' is not a host name`);
    return name.startsWith('*.') ? `*.${host}` : host;
  });
  if (first === undefined) throw new Error('give a name with -d');
  return [first, ...others];
}

/** One wish for each first name, whoever is asked. */
const wishKey = (name: string): string => `issued/${name}.json`;
