// A certificate and its key as two files that belong together. Two files cannot be replaced at once, so what is on disk
// is believed only after it has been looked at: a crash between the two writes is found at the next start.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { KeyPair } from '../pki/issue-certificate.ts';
import { parseCertificate } from '../pki/facts.ts';
import type { SubjectAltNames } from '../pki/identity.ts';
import { KEY_MODE, OPEN_MODE, writeFileWhole } from './write-file.ts';

const DAY_MS = 86_400_000;
/** Every development certificate is renewed when it has less than this left. */
const RENEW_BEFORE_MS = 30 * DAY_MS;

export interface PairFiles {
  readonly cert: string;
  readonly key: string;
}

/** The files of the pair `name` in a folder: `NAME.crt` and `NAME.key`. */
export function pairFiles(folder: string, name: string): PairFiles {
  return { cert: path.join(folder, `${name}.crt`), key: path.join(folder, `${name}.key`) };
}

/** The pair, or what is wrong with it in a few words. Narrows the mode of a key that others could read. */
export async function readPair(files: PairFiles): Promise<KeyPair | string> {
  const [certPem, keyPem] = await Promise.all([readIfThere(files.cert), readIfThere(files.key)]);
  if (certPem === undefined && keyPem === undefined) return 'there was none';
  if (certPem === undefined || keyPem === undefined) return 'half of the pair was missing';
  try {
    if (!new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem)))
      return 'certificate and key did not belong together';
  } catch {
    return 'it could not be read';
  }
  if (((await stat(files.key)).mode & 0o077) !== 0) await chmod(files.key, KEY_MODE);
  return { certPem, keyPem };
}

/** Writes key and certificate, in this order: a certificate on disk then always has, or will be seen to lack, its key. */
export async function writePair(files: PairFiles, pair: KeyPair): Promise<void> {
  await mkdir(path.dirname(files.cert), { recursive: true });
  await writeFileWhole(files.key, pair.keyPem, KEY_MODE);
  await writeFileWhole(files.cert, pair.certPem, OPEN_MODE);
}

export interface PairNeeds {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** PEM of the CA that must have signed it; its own where it must be a root. */
  readonly issuerPem: string | undefined;
  /** Names it must have, all of them and no others. Default: not looked at. */
  readonly names?: Partial<SubjectAltNames>;
}

/** Why a readable pair must be made anew, in a few words; undefined when it will do. */
export function pairFault(pair: KeyPair, { now, issuerPem, names }: PairNeeds): string | undefined {
  const certificate = new X509Certificate(pair.certPem);
  const facts = parseCertificate(certificate.raw);
  const issuer = issuerPem === undefined ? certificate : new X509Certificate(issuerPem);
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
    return 'its CA was made anew';
  if (facts.notBefore > now) return 'it was not valid yet';
  if (facts.notAfter <= now) return 'it had expired';
  if (facts.notAfter - now < RENEW_BEFORE_MS) return 'it would soon expire';
  if (names !== undefined && !haveSameNames(facts.names, names)) return 'its names were not those wanted';
  return undefined;
}

function haveSameNames(has: SubjectAltNames, wants: Partial<SubjectAltNames>): boolean {
  const kinds = ['dns', 'email', 'uri', 'ip', 'upn'] as const;
  return kinds.every((kind) => has[kind].toSorted().join('\n') === (wants[kind] ?? []).toSorted().join('\n'));
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
