// From the settings of `downstream_mtls` to the trust of one TLS group: whom to believe, and who is locked out.
import type { OcspAnswers } from '../certs/ocsp-answers.ts';
import type { RemoteCrl } from '../certs/remote-crl.ts';
import type { SettingsConfig } from '../config/schema.ts';
import type { Issue, IssuePath } from '../core/issue.ts';
import { SallyportError } from '../core/errors.ts';
import { hidesSentChains } from '../core/node-version.ts';
import type { Crl } from '../pki/crl.ts';
import { DenyList, type DenyRule, type DenySelector } from '../pki/deny-list.ts';
import { type NamePattern, type NameRules, compileNameRules } from '../pki/name-rules.ts';
import type { Ocsp } from '../pki/ocsp.ts';
import { readCrls } from '../pki/read-crls.ts';
import { compileRevocation } from '../pki/revocation.ts';
import { settled } from '../pki/same-trust.ts';
import { type Trust, compileTrust } from '../pki/trust.ts';
import { listIssues } from './crl-issues.ts';
import type { Inventory } from './inventory.ts';
import type { RemoteLists } from './remote-lists.ts';
import type { SettingFiles } from './setting-files.ts';

export type MtlsSettings = SettingsConfig['downstream_mtls'];

export interface TrustContext {
  readonly files: SettingFiles;
  readonly issues: Issue[];
  readonly inventory: Inventory;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The trust in force; its version is kept where nothing about it changed. */
  readonly trust: Trust | undefined;
  /** Where lists of `crl_urls` come from; undefined: nothing is fetched, and what they say is left open. */
  readonly remote: RemoteLists | undefined;
  /** Who asks responders; undefined: nobody is asked. */
  readonly ocsp: OcspAnswers | undefined;
}

/**
 * Undefined where the settings name no CA: nobody is asked for a certificate. `unusable`, with issues, when what they
 * name cannot be relied on. `path`: where the settings stand.
 */
export async function buildTrust(
  settings: MtlsSettings,
  path: IssuePath,
  context: TrustContext,
): Promise<Trust | undefined | 'unusable'> {
  const at: IssuePath = [...path, settings.ca_file === undefined ? 'ca' : 'ca_file'];
  const bundle =
    settings.ca_file === undefined ? settings.ca : await context.files.read(settings.ca_file, at);
  const files = await readLists(settings, path, context);
  const nameRules = nameRulesOf(settings, path, context.issues);
  if (bundle === undefined) return settings.ca_file === undefined ? undefined : 'unusable';
  const previous = context.trust;
  const { trust: bare, issues } = compileTrust({
    bundles: [bundle],
    maxVerifyDepth: settings.max_verify_depth,
    ocsp: ocspOf(settings, path, context),
    denied: new DenyList(settings.deny.map((entry) => denyRule(entry))),
    nameRules: nameRules === 'unusable' ? undefined : nameRules,
    version: (previous?.version ?? 0) + 1,
    now: context.now,
    path: at,
  });
  context.issues.push(...issues);
  if (bare === undefined || nameRules === 'unusable') return 'unusable';
  for (const { facts } of bare.anchors) context.inventory.note('client_ca', at, facts);
  if (settings.max_verify_depth !== 1 && hidesSentChains(process.versions.node))
    context.issues.push({
      path: [...path, 'max_verify_depth'],
      message: `Node ${process.versions.node} does not show the intermediates that clients send, so whoever needs them is refused: put them into the bundle of CAs, or use Node 26`,
      severity: 'warning',
    });
  const fetched = await fetchLists(settings, path, bare, context);
  if (files === undefined && fetched === undefined) return settled(bare, previous, context.now);
  const named = [...(files ?? []), ...(fetched?.lists ?? [])];
  const revocation = compileRevocation({
    scope: settings.crl_scope,
    freshness: settings.crl_freshness,
    graceMs: settings.crl_grace,
    crls: named.map(({ crl }) => crl),
  });
  const trust = { ...bare, revocation };
  const isWhole = settings.crl_urls === undefined || context.remote !== undefined;
  if (isWhole) context.issues.push(...listIssues(named, trust, path, context.now));
  const result = settled(trust, previous, context.now);
  const own = (files ?? []).map(({ crl }) => crl);
  context.remote?.remember(result, { own, remote: fetched?.sources ?? [] });
  return result;
}

/** A list and where it was named, for issues. */
export interface NamedCrl {
  readonly crl: Crl;
  readonly at: IssuePath;
}

interface FetchedLists {
  readonly sources: readonly RemoteCrl[];
  readonly lists: readonly NamedCrl[];
}

/** Undefined where no list is named, so that none is asked. What cannot be read is an issue. */
async function readLists(
  { crl, crl_file: named }: MtlsSettings,
  path: IssuePath,
  { files, issues }: TrustContext,
): Promise<NamedCrl[] | undefined> {
  if (crl === undefined && named === undefined) return undefined;
  const lists: NamedCrl[] = [];
  const add = async (content: Buffer, at: IssuePath): Promise<void> => {
    try {
      for (const one of await readCrls(content)) lists.push({ crl: one, at });
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      issues.push({ path: at, message: error.context ?? error.message });
    }
  };
  if (crl !== undefined) await add(Buffer.from(crl), [...path, 'crl']);
  for (const [index, file] of [named ?? []].flat().entries()) {
    const at = [...path, 'crl_file', ...(typeof named === 'string' ? [] : [index])];
    const content = await files.readBytes(file, at);
    if (content !== undefined) await add(content, at);
  }
  return lists;
}

/** Undefined where no address is named, or nothing may be fetched. What cannot be had is a warning. */
async function fetchLists(
  { crl_urls: urls, ...settings }: MtlsSettings,
  path: IssuePath,
  { anchors }: Trust,
  { remote, issues }: TrustContext,
): Promise<FetchedLists | undefined> {
  if (urls === undefined || remote === undefined) return undefined;
  const { max_crl_bytes: maxBytes, crl_refresh: refreshMs, crl_cache_dir: cacheFolder } = settings;
  const sources = await Promise.all(
    urls.map((url) => remote.get({ url, anchors, maxBytes, refreshMs, cacheFolder })),
  );
  const lists = sources.flatMap((source, index) => {
    const at = [...path, 'crl_urls', index];
    if (source.lists.length === 0)
      issues.push({ path: at, message: `${urls[index]}: ${source.fault}`, severity: 'warning' });
    return source.lists.map((crl) => ({ crl, at }));
  });
  return { sources, lists };
}

function ocspOf(
  { ocsp: mode, ocsp_responder: responder, ocsp_hosts: hosts = [] }: MtlsSettings,
  path: IssuePath,
  { ocsp, issues }: TrustContext,
): Ocsp | undefined {
  if (mode === 'off') return undefined;
  if (responder === undefined && hosts.length === 0)
    issues.push({
      path: [...path, 'ocsp'],
      message: 'needs somebody to ask: give ocsp_responder, or ocsp_hosts for those that certificates name',
    });
  return ocsp?.under({ mode, responder, hosts });
}

type NamePatterns = NonNullable<MtlsSettings['match_subject_alt_names']>;

const NAME_TYPES = {
  dns: 'dns',
  email: 'email',
  uri: 'uri',
  ip_address: 'ip',
  user_principal_name: 'upn',
} as const satisfies Record<keyof NamePatterns[number], NamePattern['type']>;

function nameRulesOf(
  { match_subject_alt_names: entries }: MtlsSettings,
  path: IssuePath,
  issues: Issue[],
): NameRules | undefined | 'unusable' {
  if (entries === undefined) return undefined;
  const patterns: NamePattern[] = [];
  let isUsable = true;
  for (const [index, entry] of entries.entries())
    for (const [key, type] of Object.entries(NAME_TYPES)) {
      const pattern = entry[key as keyof typeof NAME_TYPES];
      if (pattern === undefined) continue;
      try {
        compileNameRules([{ type, pattern }]);
        patterns.push({ type, pattern });
      } catch (error) {
        isUsable = false;
        const why = error instanceof Error ? error.message : String(error);
        issues.push({
          path: [...path, 'match_subject_alt_names', index, key],
          message: `is no regular expression in RE2 syntax: ${why}`,
        });
      }
    }
  return isUsable ? compileNameRules(patterns) : 'unusable';
}

type DenyEntry = MtlsSettings['deny'][number];

function denyRule(entry: DenyEntry): DenyRule {
  return { selector: selectorOf(entry), message: entry.message, until: entry.until };
}

function selectorOf(entry: DenyEntry): DenySelector {
  if (entry.fingerprint !== undefined) return { by: 'fingerprint', value: entry.fingerprint };
  if (entry.spki_hash !== undefined) return { by: 'spki', value: entry.spki_hash };
  if (entry.serial !== undefined && entry.issuer !== undefined)
    return { by: 'serial', serial: entry.serial, issuer: entry.issuer };
  for (const by of ['dns', 'email', 'uri', 'ip', 'upn'] as const) {
    const value = entry[`san_${by}`];
    if (value !== undefined) return { by, value };
  }
  throw new Error('an entry of the deny list without a selector');
}
