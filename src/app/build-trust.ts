// From the settings of `downstream_mtls` to the trust of one TLS group: whom to believe, and who is locked out.
import type { SettingsConfig } from '../config/schema.ts';
import type { Issue, IssuePath } from '../core/issue.ts';
import { TimeSlices } from '../core/time-slices.ts';
import { isSameTrust, saysTheSame } from '../pki/same-trust.ts';
import { SallyportError } from '../core/errors.ts';
import { type Crl, parseCrlInSteps } from '../pki/crl.ts';
import { DenyList, type DenyRule, type DenySelector } from '../pki/deny-list.ts';
import { type NamePattern, type NameRules, compileNameRules } from '../pki/name-rules.ts';
import { parsePem } from '../pki/pem.ts';
import { compileRevocation } from '../pki/revocation.ts';
import { type Trust, compileTrust } from '../pki/trust.ts';
import { listIssues } from './crl-issues.ts';
import type { SettingFiles } from './setting-files.ts';

export type MtlsSettings = SettingsConfig['downstream_mtls'];

export interface TrustContext {
  readonly files: SettingFiles;
  readonly issues: Issue[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The trust in force; its version is kept where nothing about it changed. */
  readonly trust: Trust | undefined;
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
  const crls = await readLists(settings, path, context);
  const nameRules = nameRulesOf(settings, path, context.issues);
  if (bundle === undefined) return settings.ca_file === undefined ? undefined : 'unusable';
  const previous = context.trust;
  const { trust, issues } = compileTrust({
    bundles: [bundle],
    maxVerifyDepth: settings.max_verify_depth,
    revocation:
      crls &&
      compileRevocation({
        scope: settings.crl_scope,
        freshness: settings.crl_freshness,
        graceMs: settings.crl_grace,
        crls: crls.map(({ crl }) => crl),
      }),
    denied: new DenyList(settings.deny.map((entry) => denyRule(entry))),
    nameRules: nameRules === 'unusable' ? undefined : nameRules,
    version: (previous?.version ?? 0) + 1,
    now: context.now,
    path: at,
  });
  context.issues.push(...issues);
  if (trust === undefined || nameRules === 'unusable') return 'unusable';
  if (crls !== undefined) context.issues.push(...listIssues(crls, trust, path, context.now));
  if (previous === undefined) return trust;
  if (isSameTrust(trust, previous)) return previous;
  return saysTheSame(trust, previous, context.now) ? { ...trust, version: previous.version } : trust;
}

/** A list and where it was named, for issues. */
export interface NamedCrl {
  readonly crl: Crl;
  readonly at: IssuePath;
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
      for (const der of listsIn(content)) lists.push({ crl: await parseInSlices(der), at });
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

/** DER of every list in PEM, or the one that the file is. */
function listsIn(content: Buffer): Buffer[] {
  if (content[0] === 0x30) return [content];
  const blocks = parsePem(content.toString('latin1'));
  const other = blocks.find(({ label }) => label !== 'X509 CRL');
  if (other !== undefined)
    throw new SallyportError('client_certificate_invalid', `has a '${other.label}' where lists belong`);
  if (blocks.length === 0)
    throw new SallyportError('client_certificate_invalid', 'there is no revocation list in it');
  return blocks.map(({ der }) => der);
}

async function parseInSlices(der: Buffer): Promise<Crl> {
  const slices = new TimeSlices();
  const steps = parseCrlInSteps(der);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (slices.isOver) await slices.pause();
  }
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
