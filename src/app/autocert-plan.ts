// Which certificates are to be asked for, and of whom, under a configuration.
import { homedir } from 'node:os';
import path from 'node:path';
import type { AcmeSettings, CertificateOrder, ChallengeType } from '../certs/acme/settings.ts';
import { KEY_ALGORITHMS, orderOf } from '../certs/acme/settings.ts';
import { type StorageSettings, isShared } from '../certs/storage/open-storage.ts';
import type { Environment } from '../config/env.ts';
import type { Config } from '../config/schema.ts';
import { LETS_ENCRYPT, LETS_ENCRYPT_STAGING } from '../config/schema-autocert.ts';
import { isPassthrough, parseFrom } from '../core/from.ts';
import { HostMap, type HostPattern, parseHostPattern } from '../core/host-map.ts';
import { isAddress } from '../core/hostname.ts';
import type { Issue } from '../core/issue.ts';
import type { Credential } from '../pki/credential.ts';
import type { OnDemandSettings } from './on-demand.ts';
import { autocertDns } from './autocert-dns.ts';
import { ownCredentials } from './own-credentials.ts';
import type { SettingFiles } from './setting-files.ts';

export interface AutocertPlan {
  /** Where accounts and certificates are kept. */
  readonly storage: StorageSettings;
  readonly settings: AcmeSettings;
  /** Those that a certificate can be asked for. */
  readonly hosts: readonly HostPattern[];
  /** Undefined: hosts under wildcards are not asked for one by one. */
  readonly onDemand: OnDemandSettings | undefined;
  /** The certificates that the configuration gives, in its order. */
  readonly given: readonly Credential[];
}

/** Undefined without `autocert`. Faults are pushed onto `issues`. */
export async function autocertPlan(
  config: Config,
  given: readonly Credential[],
  { files, issues }: { readonly files: SettingFiles; readonly issues: Issue[] },
): Promise<AutocertPlan | undefined> {
  if (!config.autocert) return undefined;
  const {
    autocert_eab_key_id: keyId,
    autocert_eab_mac_key: macKey,
    autocert_trusted_ca_file: caFile,
  } = config;
  const trustedCa =
    caFile === undefined
      ? config.autocert_trusted_ca
      : await files.read(caFile, ['autocert_trusted_ca_file']);
  const dns = await autocertDns(config.autocert_dns, files, issues);
  return {
    storage: await storageSettings(config, files),
    settings: {
      directoryUrl: config.autocert_ca ?? (config.autocert_use_staging ? LETS_ENCRYPT_STAGING : LETS_ENCRYPT),
      trustedCa,
      email: config.autocert_email,
      externalAccount: keyId === undefined || macKey === undefined ? undefined : { keyId, macKey },
      keyAlgorithm: KEY_ALGORITHMS[config.autocert_key_type],
      mustStaple: config.autocert_must_staple,
      profile: config.autocert_profile,
      preferredChain: config.autocert_preferred_chain,
      challenges: challengesOf(config),
      dns,
    },
    hosts: hostsOf(config, dns !== undefined, issues),
    onDemand: onDemandSettings(config, issues),
    given,
  };
}

/** What no certificate of the configuration is valid for now. A wildcard serves every host that it covers. */
export function ordersOf({ hosts, given }: AutocertPlan, now: number): CertificateOrder[] {
  const names = new Set(given.flatMap((one) => (one.leaf.notAfter > now ? one.names : [])));
  const wanted = hosts.flatMap((pattern) => {
    const [name, ...others] = namesFor(pattern);
    return [name, ...others].some((one) => names.has(one)) ? [] : [name];
  });
  const all = new Set(wanted);
  return wanted
    .filter(
      (name, index) => wanted.indexOf(name) === index && !(isExact(name) && all.has(wildcardOver(name))),
    )
    .map((name) => orderOf([name]));
}

/** The name itself, then those that would do as well. */
function namesFor({ kind, host }: HostPattern): [string, ...string[]] {
  return kind === 'wildcard' ? [`*.${host}`] : [host, wildcardOver(host)];
}

const isExact = (name: string): boolean => !name.startsWith('*.');

const wildcardOver = (host: string): string => `*.${host.slice(host.indexOf('.') + 1)}`;

function hostsOf(config: Config, hasDns: boolean, issues: Issue[]): HostPattern[] {
  const hosts: HostPattern[] = [];
  for (const [index, { from }] of config.routes.entries()) {
    const pattern = isPassthrough(from) ? 'passes through' : parseFrom(from);
    if (typeof pattern === 'string') continue;
    if (pattern.kind === 'wildcard' && !hasDns && config.autocert_on_demand !== undefined) continue;
    if (pattern.kind === 'wildcard' && !hasDns)
      issues.push({
        path: ['routes', index, 'from'],
        message: `a certificate for a wildcard needs dns-01: give autocert_dns, or one for *.${pattern.host} under certificates`,
        severity: 'warning',
      });
    else if (!isAddress(pattern.host) && !/^(?:.*\.)?localhost$/.test(pattern.host)) hosts.push(pattern);
  }
  return hosts;
}

async function storageSettings(config: Config, files: SettingFiles): Promise<StorageSettings> {
  const place = config.autocert_dir ?? usualFolder(process.env);
  const sealKeys = config.autocert_encryption_keys;
  const copies = config.autocert_cache_dir;
  const shown = isShared(place)
    ? await ownCredentials(config, files)
    : { cert: undefined, key: undefined, ca: undefined };
  return { place, copies, sealKeys, ...shown };
}

function onDemandSettings(
  { autocert_on_demand: config }: Config,
  issues: Issue[],
): OnDemandSettings | undefined {
  if (config === undefined) return undefined;
  const hosts = config.hosts === undefined ? undefined : new HostMap<true>();
  for (const [index, text] of (config.hosts ?? []).entries()) {
    const pattern = parseHostPattern(text);
    if (typeof pattern === 'string')
      issues.push({ path: ['autocert_on_demand', 'hosts', index], message: pattern });
    else hosts?.set(pattern, true);
  }
  return { hosts, ask: config.ask, perHour: config.per_hour };
}

function challengesOf(config: Config): ChallengeType[] {
  if (config.autocert_challenges !== undefined) return [...config.autocert_challenges];
  const challenges: ChallengeType[] = ['tls-alpn-01'];
  if (config.http_redirect_addr !== undefined) challenges.push('http-01');
  if (config.autocert_dns !== undefined) challenges.push('dns-01');
  return challenges;
}

/** Where accounts and certificates are kept unless somebody says otherwise. */
export function usualFolder(env: Environment): string {
  const data = env['XDG_DATA_HOME'] ?? '';
  return path.join(data === '' ? path.join(homedir(), '.local/share') : data, 'sallyport', 'autocert');
}
