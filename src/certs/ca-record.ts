// What the development CAs have issued and taken back, in `issued.json` beside them, and the revocation lists made from it.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { X509Certificate } from 'node:crypto';
import { parseCertificate } from '../pki/facts.ts';
import type { CertificateFacts } from '../pki/identity.ts';
import { issueCrl, type RevokedCertificate } from '../pki/issue-crl.ts';
import { DEV_ROOTS, type DevRoot } from './dev-roots.ts';
import { pairFiles, readPair } from './dev-pair.ts';
import { type Invitation, withdraw } from './invitations.ts';
import { lockFile } from './storage/lock-file.ts';
import { KEY_MODE, OPEN_MODE, writeFileWhole } from './write-file.ts';

export type RevocationReason = NonNullable<RevokedCertificate['reason']>;

export interface IssuedEntry {
  /** Hex, as in `CertificateFacts.serial`. */
  readonly serial: string;
  readonly subject: string;
  /** Host names, addresses, e-mail addresses, URIs. */
  readonly names: readonly string[];
  readonly root: DevRoot;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  /** Milliseconds since the epoch; undefined: it counts. */
  readonly revokedAt?: number;
  readonly reason?: RevocationReason | undefined;
}

const KEPT_MS = 30 * 86_400_000;

interface Kept {
  readonly entries: readonly IssuedEntry[];
  /** Of the last list of each CA. */
  readonly crlNumbers: Partial<Record<DevRoot, number>>;
}

/** The list of a CA, beside it. */
export function crlFileOf(folder: string, root: DevRoot): string {
  return path.join(folder, `${root}.crl`);
}

export async function issuedEntries(folder: string): Promise<readonly IssuedEntry[]> {
  return (await read(folder)).entries;
}

/** `certPem` has been issued by this CA. */
export async function noteIssued(folder: string, root: DevRoot, certPem: string): Promise<void> {
  await change(folder, (kept) => withCertificate(kept, root, certPem));
}

/**
 * Notes the certificate that `issue` makes, while nothing is taken back meanwhile. What ended more than 30 days before
 * `now` is forgotten: where certificates live for hours the record would grow for ever.
 */
export async function issueNoted<Made extends { readonly certPem: string }>(
  folder: string,
  root: DevRoot,
  now: number,
  issue: (entries: readonly IssuedEntry[]) => Promise<Made>,
): Promise<Made> {
  let made: Made | undefined;
  await change(folder, async (kept) => {
    made = await issue(kept.entries);
    const entries = kept.entries.filter(({ notAfter }) => notAfter > now - KEPT_MS);
    return withCertificate({ ...kept, entries }, root, made.certPem);
  });
  if (made === undefined) throw new Error('nothing was issued');
  return made;
}

function withCertificate(kept: Kept, root: DevRoot, certPem: string): Kept {
  const facts = parseCertificate(new X509Certificate(certPem).raw);
  return { ...kept, entries: [...kept.entries, entryOf(facts, root)] };
}

export interface TakenBack {
  readonly certificates: readonly IssuedEntry[];
  /** How many. */
  readonly invitations: number;
}

/**
 * Takes back every certificate and invitation that `who` names and that still counts: an e-mail address, a host, a URI, a
 * common name, a serial number, or the path of a certificate; then makes the lists anew, which last for `days`. Throws
 * where there is none.
 */
export async function revokeIssued(
  folder: string,
  who: string,
  { now, days, reason }: { now: number; days: number; reason?: RevocationReason | undefined },
): Promise<TakenBack> {
  const shown = await readShown(folder, who);
  const revoked: IssuedEntry[] = [];
  let invitations = 0;
  await change(folder, async (kept) => {
    // Under the same lock as an enrolment, which would else be missed as an invitation and as a certificate.
    invitations = await withdraw(folder, (invitation) => isInvited(invitation, who));
    const isKnown = kept.entries.some(({ serial }) => serial === shown?.serial);
    const all = shown === undefined || isKnown ? kept.entries : [...kept.entries, shown];
    const entries = all.map((entry) => {
      const isMeant = shown === undefined ? isCalled(entry, who) : entry.serial === shown.serial;
      if (!isMeant || entry.revokedAt !== undefined || entry.notAfter <= now) return entry;
      const taken = takenBack(entry, now, reason);
      revoked.push(taken);
      return taken;
    });
    return { ...kept, entries };
  });
  if (revoked.length === 0 && invitations === 0)
    throw new Error(`'${who}' has no certificate that counts: \`sallyport ca list\` shows all of them`);
  for (const root of new Set(revoked.map((entry) => entry.root))) await writeCrl(folder, root, { now, days });
  return { certificates: revoked, invitations };
}

/** Makes the list of a CA anew; returns its file. */
export async function writeCrl(
  folder: string,
  root: DevRoot,
  { now, days }: { now: number; days: number },
): Promise<string> {
  const issuer = await readPair(pairFiles(folder, root));
  if (typeof issuer === 'string')
    throw new Error(`no development CA in ${folder} (${root}: ${issuer}): run \`sallyport ca init\``);
  const file = crlFileOf(folder, root);
  await change(folder, async (kept) => {
    const number = (kept.crlNumbers[root] ?? 0) + 1;
    const revoked = kept.entries.flatMap(({ root: of, serial, revokedAt, reason, notAfter }) =>
      of === root && revokedAt !== undefined && notAfter > now
        ? [{ serial, revokedAt: new Date(revokedAt), ...(reason !== undefined && { reason }) }]
        : [],
    );
    const nextUpdate = new Date(now + days * 86_400_000);
    const { crlPem } = await issueCrl(issuer, { revoked, number, thisUpdate: new Date(now), nextUpdate });
    await writeFileWhole(file, crlPem, OPEN_MODE);
    return { ...kept, crlNumbers: { ...kept.crlNumbers, [root]: number } };
  });
  return file;
}

function takenBack(entry: IssuedEntry, revokedAt: number, reason: RevocationReason | undefined): IssuedEntry {
  return { ...entry, revokedAt, reason };
}

function isCalled({ names, subject, serial }: IssuedEntry, who: string): boolean {
  const wanted = who.toLowerCase();
  if (serial === wanted.replaceAll(':', '').replace(/^0+(?=.)/, '')) return true;
  return names.some((name) => isSame(name, who)) || subject.split(',').includes(`CN=${who}`);
}

function isInvited({ names: { email, dns, uri }, commonName }: Invitation, who: string): boolean {
  return [...email, ...dns, ...uri].some((name) => isSame(name, who)) || commonName === who;
}

const isSame = (name: string, who: string): boolean => name.toLowerCase() === who.toLowerCase();

/** Where `who` is the path of a certificate of one of the CAs, which may be older than the record. */
async function readShown(folder: string, who: string): Promise<IssuedEntry | undefined> {
  const bytes = await readFile(who).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const certificate = new X509Certificate(bytes);
  for (const root of DEV_ROOTS) {
    const issuer = await readPair(pairFiles(folder, root));
    if (typeof issuer !== 'string' && certificate.verify(new X509Certificate(issuer.certPem).publicKey))
      return entryOf(parseCertificate(certificate.raw), root);
  }
  throw new Error(`${who} is not of a CA in ${folder}`);
}

function entryOf({ serial, subject, names, notAfter }: CertificateFacts, root: DevRoot): IssuedEntry {
  const { dns, ip, email, uri } = names;
  return { serial, subject, names: [...email, ...dns, ...ip, ...uri], root, notAfter };
}

async function change(folder: string, make: (kept: Kept) => Kept | Promise<Kept>): Promise<void> {
  const file = path.join(folder, 'issued.json');
  const lock = await lockFile(`${file}.lock`, AbortSignal.timeout(60_000));
  try {
    const next = await make(await read(folder));
    await writeFileWhole(file, `${JSON.stringify(next, undefined, 1)}\n`, KEY_MODE);
  } finally {
    await lock.release();
  }
}

async function read(folder: string): Promise<Kept> {
  try {
    return JSON.parse(await readFile(path.join(folder, 'issued.json'), 'utf8')) as Kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { entries: [], crlNumbers: {} };
    throw error;
  }
}
