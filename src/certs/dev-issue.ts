// Certificates on request from the development CAs: for another person, another host. Nothing here replaces a file: a
// key that somebody may be using is theirs to delete.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { isAddress } from '../core/hostname.ts';
import { parseHostPattern } from '../core/host-map.ts';
import { issueClient, issueServer } from '../pki/issue.ts';
import type { KeyPair } from '../pki/issue-certificate.ts';
import { isPermitted, parsePermittedNames } from '../pki/permitted-names.ts';
import { noteIssued } from './ca-record.ts';
import { clientNames } from './client-names.ts';
import { LEAF_ORGANIZATION } from './dev-leaves.ts';
import { type PairFiles, pairFault, pairFiles, readPair, writePair } from './dev-pair.ts';
import { writeP12 } from './dev-p12.ts';
import type { DevRoot } from './dev-roots.ts';

export interface DevIssueOptions {
  /** Where the development CAs are. */
  readonly folder: string;
  /** Where the new files go. Default: `folder`. */
  readonly out?: string;
  readonly days: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface DevClientOptions extends DevIssueOptions {
  /** URI names, such as a SPIFFE ID. Default: none for an email, `spiffe://sallyport.localhost/user/NAME` for a name. */
  readonly uris?: readonly string[];
  /** Writes `NAME.p12` too, for browsers; its password is DEV_P12_PASSWORD. Default false. */
  readonly hasP12?: boolean;
}

export interface DevIssued {
  readonly files: PairFiles;
  readonly pair: KeyPair;
  /** Undefined where none was asked for. */
  readonly p12File?: string;
}

/** A server certificate for host names, `*.` names and addresses; refuses what the CA is not permitted to sign. */
export async function issueDevServer(
  hosts: readonly [string, ...string[]],
  options: DevIssueOptions,
): Promise<DevIssued> {
  const names = hosts.map(normalName);
  const ca = await readRoot('ca', options);
  const permitted = parsePermittedNames(ca.certPem);
  const outside = names.filter((name) => permitted !== undefined && !isPermitted(name, permitted));
  if (outside.length > 0) {
    const permits = outside.map((name) => ` --permit ${name.replace(/^\*\./, '')}`).join('');
    throw new Error(
      `the development CA may not sign ${outside.join(', ')}: run \`sallyport ca init${permits}\` first, and import ca.crt again`,
    );
  }
  const [first = ''] = names;
  const files = freeFiles(first.replace(/^\*\./, '_wildcard.'), options);
  const pair = await issueServer(ca, {
    commonName: Array.from(first).slice(0, 64).join(''),
    organization: LEAF_ORGANIZATION,
    days: options.days,
    now: options.now,
    names: { dns: names.filter((name) => !isAddress(name)), ip: names.filter(isAddress) },
  });
  await noteIssued(options.folder, 'ca', pair.certPem);
  await writePair(files, pair);
  return { files, pair };
}

/** A client certificate for a person: an email address, or a plain name. */
export async function issueDevClient(who: string, options: DevClientOptions): Promise<DevIssued> {
  const { commonName, names } = clientNames(who, { uris: options.uris });
  const ca = await readRoot('client-ca', options);
  const files = freeFiles(names.email[0] ?? who, options);
  const pair = await issueClient(ca, {
    commonName,
    organization: LEAF_ORGANIZATION,
    days: options.days,
    now: options.now,
    names,
  });
  await noteIssued(options.folder, 'client-ca', pair.certPem);
  await writePair(files, pair);
  if (options.hasP12 !== true) return { files, pair };
  const p12File = files.cert.replace(/\.crt$/, '.p12');
  await writeP12(p12File, pair, `Sallyport: ${commonName}`);
  return { files, pair, p12File };
}

/** The CA to sign with. Throws where there is none that is valid. */
export async function readRoot(
  root: DevRoot,
  { folder, now }: Pick<DevIssueOptions, 'folder' | 'now'>,
): Promise<KeyPair> {
  const found = await readPair(pairFiles(folder, root));
  const fault = typeof found === 'string' ? found : pairFault(found, { now, issuerPem: undefined });
  if (typeof found !== 'string' && fault === undefined) return found;
  throw new Error(`no development CA to sign with in ${folder} (${root}: ${fault}): run \`sallyport ca init\``);
}

/** Files named for whom the certificate is for; characters that some file system would not take become `-`. */
function freeFiles(name: string, { out, folder }: DevIssueOptions): PairFiles {
  const files = pairFiles(out ?? folder, name.replace(/[^A-Za-z0-9@._-]+/g, '-').replace(/^[.-]+/, ''));
  for (const file of [files.cert, files.key])
    if (existsSync(file))
      throw new Error(`${path.normalize(file)} exists: delete it first, or choose another folder with --out`);
  return files;
}

function normalName(text: string): string {
  const pattern = parseHostPattern(text);
  if (typeof pattern === 'string') throw new Error(pattern);
  return pattern.kind === 'wildcard' ? `*.${pattern.host}` : pattern.host;
}
