// The CAs that vouch for clients, checked before anything relies on them. Node's `tls` trusts every public root when its
// `ca` holds no certificate at all, so an empty or unreadable bundle must never reach it.
import type { Issue, IssuePath } from '../core/issue.ts';
import { SallyportError } from '../core/errors.ts';
import { type Authority, parseAuthority } from './authority.ts';
import { DenyList } from './deny-list.ts';
import type { NameRules } from './name-rules.ts';
import type { Ocsp } from './ocsp.ts';
import { certificatePem, parsePem } from './pem.ts';
import type { Revocation } from './revocation.ts';
import { weakness } from './strength.ts';

const NOBODY = new DenyList([]);

export interface Trust {
  /** Goes up with every change of what is trusted; a verdict made under another version is void. */
  readonly version: number;
  /** Never empty. Roots or intermediates: the chain ends at the first of them. */
  readonly anchors: readonly Authority[];
  /**
   * The same as the `ca` option of `tls.createSecureContext`, which also needs `allowPartialTrustChain: true` or OpenSSL
   * takes no intermediate for an anchor. `tls.createServer` drops that option (Node 26.10).
   */
  readonly caPem: readonly string[];
  /** What the CAs have taken back; undefined: no list is asked. */
  readonly revocation: Revocation | undefined;
  /** Whom to ask about each client; undefined: nobody. */
  readonly ocsp: Ocsp | undefined;
  /** What the operator has locked out. */
  readonly denied: DenyList;
  /** Which names let a client in; undefined: any. */
  readonly nameRules: NameRules | undefined;
  /** Certificates in a chain without its anchor; 1: only what an anchor issued directly; 0: no limit. */
  readonly maxVerifyDepth: number;
}

export interface TrustSettings {
  /** PEM bundles; a certificate that appears twice counts once. */
  readonly bundles: readonly string[];
  /** Default 1. */
  readonly maxVerifyDepth?: number | undefined;
  /** Default: no list is asked. */
  readonly revocation?: Revocation | undefined;
  /** Default: nobody is asked. */
  readonly ocsp?: Ocsp | undefined;
  /** Default: nobody. */
  readonly denied?: DenyList | undefined;
  /** Default: any name. */
  readonly nameRules?: NameRules | undefined;
  readonly version: number;
  /** Milliseconds since the epoch, for warnings about expiry. */
  readonly now: number;
  /** Where the setting stands, for issues. */
  readonly path: IssuePath;
}

/** The trust, unless an issue is an error; an expired CA is a warning, since it may be one of many. */
export function compileTrust(settings: TrustSettings): {
  trust: Trust | undefined;
  issues: readonly Issue[];
} {
  const issues: Issue[] = [];
  const report = (message: string, severity: 'error' | 'warning' = 'error'): void => {
    issues.push({ path: settings.path, message, severity });
  };
  const anchors = new Map<string, Authority>();
  for (const der of settings.bundles.flatMap((bundle) => certificatesOf(bundle, report))) {
    const anchor = attempt(() => parseAuthority(der), report);
    if (anchor === undefined) continue;
    const complaint = complaintAbout(anchor);
    if (complaint !== undefined) report(complaint);
    if (anchor.facts.notAfter <= settings.now)
      report(`the CA '${anchor.facts.subject}' has expired: nothing that it issued is accepted`, 'warning');
    anchors.set(anchor.facts.sha256, anchor);
  }
  if (issues.every(({ severity }) => severity === 'warning') && anchors.size === 0)
    report('there is no CA certificate in it, so nobody could be let in: put at least one in, as PEM');
  if (issues.some(({ severity }) => severity === 'error')) return { trust: undefined, issues };
  const trust: Trust = Object.freeze({
    version: settings.version,
    anchors: [...anchors.values()],
    caPem: Array.from(anchors.values(), ({ facts }) => certificatePem(facts.der)),
    revocation: settings.revocation,
    ocsp: settings.ocsp,
    denied: settings.denied ?? NOBODY,
    nameRules: settings.nameRules,
    maxVerifyDepth: settings.maxVerifyDepth ?? 1,
  });
  return { trust, issues };
}

type Report = (message: string) => void;

function certificatesOf(bundle: string, report: Report): Buffer[] {
  const ders: Buffer[] = [];
  for (const { label, der } of attempt(() => parsePem(bundle), report) ?? []) {
    if (label === 'CERTIFICATE') ders.push(der);
    else report(`a CA bundle holds certificates only, this one has a '${label}': take it out`);
  }
  return ders;
}

function complaintAbout({ facts, certificate }: Authority): string | undefined {
  if (!facts.isCa)
    return `'${facts.subject}' is not a CA certificate (CA:TRUE): put in the one that issued it`;
  if (!certificate.ca) return `the CA '${facts.subject}' may not sign certificates (key usage)`;
  const weak = weakness(facts.key);
  return weak === undefined ? undefined : `the CA '${facts.subject}' has ${weak}`;
}

function attempt<T>(read: () => T, report: Report): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    report(error.context ?? error.message);
    return undefined;
  }
}
