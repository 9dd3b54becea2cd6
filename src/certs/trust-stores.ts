// Where browsers and systems keep the CAs that they believe, and what it takes to put one in or out: first as a plan that can
// be shown, then carried out. What is found depends on the system, and on what is installed.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { toolPath } from '../core/tool-path.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface TrustAct {
  /** One sentence for people, with the command as it could be typed. */
  readonly text: string;
  /** Throws with what the command said. */
  readonly carryOut: () => Promise<void>;
}

export interface TrustStoreOptions {
  readonly caFile: string;
  /** DER, for a name that is this CA's own. */
  readonly der: Buffer;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** The folder of everything; `/` but for tests. */
  readonly root?: string;
}

/** Where Linux distributions take CAs from, and what makes them one file. */
const LINUX_STORES = [
  { folder: '/usr/local/share/ca-certificates', command: ['update-ca-certificates'] },
  { folder: '/etc/pki/ca-trust/source/anchors', command: ['update-ca-trust', 'extract'] },
  { folder: '/etc/ca-certificates/trust-source/anchors', command: ['trust', 'extract-compat'] },
];

/** Databases of NSS: Chromium's, and those of Firefox's profiles. */
const NSS_DATABASES = [
  '.pki/nssdb',
  'snap/chromium/current/.pki/nssdb',
  '.mozilla/firefox/*',
  'snap/firefox/common/.mozilla/firefox/*',
  'Library/Application Support/Firefox/Profiles/*',
];

/**
 * What would be done to have the CA believed, or no more. Empty where nothing was found to do. `TRUST_STORES` of the
 * environment limits it to `system` or `nss`, as it does mkcert.
 */
export function trustActs(act: 'install' | 'uninstall', options: TrustStoreOptions): TrustAct[] {
  const wanted = (options.env['TRUST_STORES'] ?? 'system,nss').split(',');
  return [
    ...(wanted.includes('system') ? systemActs(act, options) : []),
    ...(wanted.includes('nss') ? nssActs(act, options) : []),
  ];
}

/** What cannot be done here, and why, in sentences. */
export function trustGaps({ env, platform }: TrustStoreOptions): string[] {
  const gaps: string[] = [];
  if (platform === 'win32') gaps.push('On Windows open ca.crt and choose "Install Certificate".');
  if (databasesOf(env).length > 0 && toolPath('certutil', env) === undefined)
    gaps.push('For Firefox and Chromium install certutil (libnss3-tools, nss-tools), or import ca.crt there.');
  return gaps;
}

/** Told apart from every other CA, one of the same name that was made before included. */
function nameOf(der: Buffer): string {
  return `sallyport-${createHash('sha256').update(der).digest('hex').slice(0, 16)}`;
}

function systemActs(act: 'install' | 'uninstall', options: TrustStoreOptions): TrustAct[] {
  const { caFile, der, platform, env, root = '/' } = options;
  if (platform === 'darwin') {
    const keychain = '/Library/Keychains/System.keychain';
    return act === 'install'
      ? [commandAct(['security', 'add-trusted-cert', '-d', '-k', keychain, caFile], env)]
      : [commandAct(['security', 'remove-trusted-cert', '-d', caFile], env)];
  }
  const store = LINUX_STORES.find(({ folder }) => existsSync(path.join(root, folder)));
  if (platform !== 'linux' || store === undefined) return [];
  const file = path.join(root, store.folder, `${nameOf(der)}.crt`);
  if (existsSync(file) === (act === 'install')) return [];
  const copy: TrustAct =
    act === 'install'
      ? { text: `cp ${caFile} ${file}`, carryOut: async () => await copyFile(caFile, file) }
      : { text: `rm ${file}`, carryOut: async () => await rm(file, { force: true }) };
  const [program = '', ...args] = store.command;
  return [copy, ...(toolPath(program, env) === undefined ? [] : [commandAct([program, ...args], env)])];
}

function nssActs(act: 'install' | 'uninstall', { caFile, der, env }: TrustStoreOptions): TrustAct[] {
  if (toolPath('certutil', env) === undefined) return [];
  const name = nameOf(der);
  return databasesOf(env).map((folder) =>
    commandAct(
      act === 'install'
        ? ['certutil', '-A', '-d', `sql:${folder}`, '-t', 'C,,', '-n', name, '-i', caFile]
        : ['certutil', '-D', '-d', `sql:${folder}`, '-n', name],
      env,
      // It is not there, or not there any more.
      act === 'uninstall' ? /could not find|SEC_ERROR_BAD_DATABASE|SEC_ERROR_UNRECOGNIZED_OID/i : undefined,
    ),
  );
}

function databasesOf(env: Environment): string[] {
  const home = env['HOME'] ?? '';
  if (home === '') return [];
  return NSS_DATABASES.flatMap((pattern) => globSync(path.join(home, pattern, 'cert9.db'))).map((file) =>
    path.dirname(file),
  );
}

function commandAct(command: readonly [string, ...string[]] | string[], env: Environment, fine?: RegExp): TrustAct {
  const [program = '', ...args] = command;
  return {
    text: command.map((word) => (/^[\w./:,=-]+$/.test(word) ? word : `'${word}'`)).join(' '),
    carryOut: async () => {
      try {
        await promisify(execFile)(program, args, { env });
      } catch (cause) {
        const { stderr = '', message } = cause as Error & { stderr?: string };
        if (fine?.test(stderr) === true) return;
        throw new Error(stderr.trim() === '' ? message : stderr.trim(), { cause });
      }
    },
  };
}
