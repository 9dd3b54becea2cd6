// The certificates that the configuration gives: inline or in the environment, in files, in a folder of pairs.
import path from 'node:path';
import type { CertSource } from '../certs/cert-source.ts';
import type { Config } from '../config/schema.ts';
import type { Issue, IssuePath } from '../core/issue.ts';
import { type Credential, parseCredential } from '../pki/credential.ts';
import type { Inventory } from './inventory.ts';
import type { SettingFiles } from './setting-files.ts';

export interface SourceContext {
  readonly files: SettingFiles;
  /** Faults are pushed onto it. */
  readonly issues: Issue[];
  readonly inventory: Inventory;
}

/** A pair as text. */
interface Pair {
  readonly certPem: string | undefined;
  readonly keyPem: string | undefined;
  /** Settings that name the two. */
  readonly at: readonly [cert: IssuePath, key: IssuePath];
  /** Put before what is said about it: the files, where the setting is a folder. */
  readonly prefix?: string;
}

/** In the order in which they count. */
export function givenSources(config: Config, context: SourceContext): CertSource[] {
  const { certificates_dir: folder } = config;
  const pairs = [oneSetting(config, context), ...listedPairs(config, context)];
  if (folder !== undefined) pairs.push(async () => await folderPairs(folder, context));
  return pairs.map((read) => ({ credentials: async (now) => credentialsOf(await read(), now, context) }));
}

type ReadPairs = () => Promise<readonly Pair[]>;

/** Each half in its own form: the environment may give one inline and the file the other by path. */
function oneSetting(config: Config, { files }: SourceContext): ReadPairs {
  const read = async (name: 'certificate' | 'certificate_key') => {
    const file = config[`${name}_file`];
    const at: IssuePath = [file === undefined ? name : `${name}_file`];
    return { at, pem: file === undefined ? config[name] : await files.read(file, at) };
  };
  return async () => {
    const [cert, key] = [await read('certificate'), await read('certificate_key')];
    return [{ certPem: cert.pem, keyPem: key.pem, at: [cert.at, key.at] }];
  };
}

function listedPairs(config: Config, { files }: SourceContext): ReadPairs[] {
  return config.certificates.map((pair, index): ReadPairs => {
    const at: Pair['at'] = [
      ['certificates', index, 'cert'],
      ['certificates', index, 'key'],
    ];
    return async () => [
      { certPem: await files.read(pair.cert, at[0]), keyPem: await files.read(pair.key, at[1]), at },
    ];
  });
}

/** Files of a certificate, and what the file of its key may be called. */
const CERTIFICATE = /^(.+)\.(?:crt|cer|cert|pem)$/;
const CHAINS = ['fullchain.pem', 'fullchain.cer'];

/**
 * `NAME.crt`, `.cer` or `.pem` with `NAME.key`; `NAME.pem` with both in it; folders as certbot (`fullchain.pem`,
 * `privkey.pem`) and acme.sh (`fullchain.cer`, `NAME.key`) make them. What is none of these is left alone.
 */
async function folderPairs(folder: string, { files }: SourceContext): Promise<Pair[]> {
  const at: IssuePath = ['certificates_dir'];
  const entries = (await files.list(folder, at)) ?? [];
  const pairs: Pair[] = [];
  const add = async (certFile: string, keyFile: string | undefined): Promise<void> => {
    const certPem = await files.read(path.join(folder, certFile), at);
    const keyPem = keyFile === undefined ? certPem : await files.read(path.join(folder, keyFile), at);
    pairs.push({ certPem, keyPem, at: [at, at], prefix: `${certFile}: ` });
  };
  for (const { name, isFolder } of entries) {
    if (isFolder) {
      const inner = ((await files.list(path.join(folder, name), at)) ?? []).map((entry) => entry.name);
      const chain = CHAINS.find((file) => inner.includes(file));
      const key = inner.find((file) => file === 'privkey.pem' || file.endsWith('.key'));
      if (chain !== undefined && key !== undefined) await add(path.join(name, chain), path.join(name, key));
      continue;
    }
    const [, stem] = CERTIFICATE.exec(name) ?? [];
    if (stem === undefined) continue;
    const hasKey = entries.some((entry) => entry.name === `${stem}.key`);
    if (hasKey) await add(name, `${stem}.key`);
    else if ((await files.read(path.join(folder, name), at))?.includes('PRIVATE KEY-----') === true)
      await add(name, undefined);
  }
  return pairs;
}

function credentialsOf(
  pairs: readonly Pair[],
  now: number,
  { issues, inventory }: SourceContext,
): Credential[] {
  const credentials: Credential[] = [];
  for (const { certPem, keyPem, at, prefix = '' } of pairs) {
    if (certPem === undefined || keyPem === undefined) continue;
    const { credential, problems } = parseCredential({ certPem, keyPem, now });
    for (const { file, message, severity } of problems)
      issues.push({ path: file === 'certificate' ? at[0] : at[1], message: prefix + message, severity });
    if (credential === undefined) continue;
    credentials.push(credential);
    for (const facts of [credential.leaf, ...credential.chain]) inventory.note('edge', at[0], facts);
  }
  return credentials;
}
