// The certificates of `sallyport dev`: made once, kept, looked at on every start, made anew where they would not do.
// Whatever was signed by a CA that is made anew is made anew with it.
import path from 'node:path';
import { issueClient, issueServer } from '../pki/issue.ts';
import type { KeyPair } from '../pki/issue-certificate.ts';
import type { PermittedNames } from '../pki/name-constraints.ts';
import { isPermitted, parsePermittedNames } from '../pki/permitted-names.ts';
import { noteIssued } from './ca-record.ts';
import { dropP12, keepP12 } from './dev-p12.ts';
import { type DevLeaf, type DevLeafName, devLeaves } from './dev-leaves.ts';
import { type PairFiles, pairFault, pairFiles, readPair, writePair } from './dev-pair.ts';
import { DEV_ROOTS, type DevRoot, LOCAL_NAMES, issueDevRoot, joinPermitted, parsePermitted } from './dev-roots.ts';
import { type DevUser, currentUser } from './dev-user.ts';

/** Every pair that is kept; each is the files `NAME.crt` and `NAME.key`. */
export type DevPairName = DevRoot | DevLeafName;

export interface DevCertificatesOptions {
  /** The folder of the files; made when missing. */
  readonly folder: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Makes everything anew. Default false. */
  readonly isFresh?: boolean;
  /** Domains and addresses that `ca` may sign besides local ones; those permitted before stay so. Default: none. */
  readonly permit?: readonly string[];
  /** Whose certificate `client` is. Default: who runs this process. */
  readonly user?: DevUser;
}

/** One pair that was made this time, and why, in a few words. */
export interface MadePair {
  readonly name: DevPairName;
  readonly why: string;
}

export interface DevCertificates {
  readonly pairs: Readonly<Record<DevPairName, KeyPair>>;
  readonly files: Readonly<Record<DevPairName, PairFiles>>;
  /** `client` for browsers; its password is DEV_P12_PASSWORD. */
  readonly p12File: string;
  /** In order; empty when everything was kept. */
  readonly made: readonly MadePair[];
}

/** Brings the folder in order and reads it. Throws what the file system throws, and on a `permit` that is no name. */
export async function prepareDevCertificates(options: DevCertificatesOptions): Promise<DevCertificates> {
  const { folder, now, isFresh = false, permit = [], user = currentUser() } = options;
  const pairs = new Map<DevPairName, KeyPair>();
  const files = new Map<DevPairName, PairFiles>();
  const made: MadePair[] = [];
  const leaves = devLeaves(user);
  const p12File = path.join(folder, 'client.p12');

  /** Keeps what is there unless `faultOf` objects. */
  const keep = async (
    name: DevPairName,
    faultOf: (found: KeyPair) => string | undefined,
    issue: (found: KeyPair | undefined) => Promise<KeyPair>,
  ): Promise<void> => {
    const place = pairFiles(folder, name);
    files.set(name, place);
    const found = isFresh ? 'all were asked for anew' : await readPair(place);
    const old = typeof found === 'string' ? undefined : found;
    const why = typeof found === 'string' ? found : faultOf(found);
    if (old !== undefined && why === undefined) {
      pairs.set(name, old);
      return;
    }
    const { certPem, keyPem } = await issue(old);
    if (name === 'client') await dropP12(p12File);
    const pair = { certPem, keyPem };
    await writePair(place, pair);
    const leaf = leaves.find((one) => one.name === name);
    if (leaf !== undefined) await noteIssued(folder, leaf.root, certPem);
    pairs.set(name, pair);
    made.push({ name, why: why ?? 'there was none' });
  };

  const asked = parsePermitted(permit);
  for (const root of DEV_ROOTS)
    await keep(
      root,
      (found) =>
        pairFault(found, { now, issuerPem: undefined }) ??
        (root === 'ca' ? permissionFault(found.certPem, asked) : undefined),
      (found) => issueDevRoot(root, now, joinPermitted(permittedSoFar(root, found), asked)),
    );
  for (const leaf of leaves) {
    const issuer = pairs.get(leaf.root);
    if (issuer === undefined) throw new Error(`no CA ${leaf.root}`);
    const names = leaf.areNamesFixed ? leaf.names : undefined;
    await keep(
      leaf.name,
      (found) => pairFault(found, { now, issuerPem: issuer.certPem, ...(names && { names }) }),
      () => issueLeaf(leaf, issuer, now),
    );
  }
  const client = pairs.get('client');
  if (client !== undefined) await keepP12(p12File, client, `Sallyport: ${user.commonName}`);
  return {
    p12File,
    pairs: Object.fromEntries(pairs) as Record<DevPairName, KeyPair>,
    files: Object.fromEntries(files) as Record<DevPairName, PairFiles>,
    made,
  };
}

function issueLeaf(leaf: DevLeaf, issuer: KeyPair, now: number): Promise<KeyPair> {
  const { commonName, names, days, organization } = leaf;
  const issue = leaf.root === 'ca' ? issueServer : issueClient;
  return issue(issuer, { commonName, organization, names, days, now });
}

/** What the CA before this one permitted, so that renewing it takes nothing away. */
function permittedSoFar(root: DevRoot, found: KeyPair | undefined): PermittedNames {
  const before = root === 'ca' && found !== undefined ? parsePermittedNames(found.certPem) : undefined;
  return before === undefined ? LOCAL_NAMES : joinPermitted(LOCAL_NAMES, before);
}

function permissionFault(caPem: string, asked: PermittedNames): string | undefined {
  const permitted = parsePermittedNames(caPem);
  if (permitted === undefined) return 'it had no name constraints';
  const missing =
    asked.dns.find((name) => !isPermitted(name, permitted)) ?? asked.ip.find((block) => !permitted.ip.includes(block));
  return missing === undefined ? undefined : `it did not permit ${missing}`;
}
