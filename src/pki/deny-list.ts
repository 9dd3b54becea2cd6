// Certificates that the operator has locked out by hand: what works at once, before a CA has published a list.
import type { CertificateFacts, SubjectAltNames } from './identity.ts';
import { nameKey } from './name-key.ts';

/** One certificate, all certificates of one key, or everyone with one name. */
export type DenySelector =
  /** SHA-256 over the DER, lower-case hex. */
  | { readonly by: 'fingerprint'; readonly value: string }
  /** SHA-256 over the SubjectPublicKeyInfo, base64. */
  | { readonly by: 'spki'; readonly value: string }
  /** `serial` as in `CertificateFacts`; `issuer` in RFC 4514 text, compared without regard to case and spacing. */
  | { readonly by: 'serial'; readonly serial: string; readonly issuer: string }
  /** Case counts in a `uri` only. */
  | { readonly by: keyof SubjectAltNames; readonly value: string };

export interface DenyRule {
  readonly selector: DenySelector;
  /** What the certificate's owner gets to read. */
  readonly message?: string | undefined;
  /** Milliseconds since the epoch; from then on the rule has no effect. Default: for ever. */
  readonly until?: number | undefined;
}

const TYPES = ['dns', 'email', 'uri', 'ip', 'upn'] as const satisfies readonly (keyof SubjectAltNames)[];

export class DenyList {
  readonly rules: readonly DenyRule[];
  readonly #bySelector = new Map<string, DenyRule[]>();
  readonly #hasNames: boolean;

  constructor(rules: readonly DenyRule[]) {
    this.rules = rules;
    this.#hasNames = rules.some(({ selector }) => isName(selector));
    for (const rule of rules) {
      const key = keyOf(rule.selector);
      const others = this.#bySelector.get(key);
      if (others === undefined) this.#bySelector.set(key, [rule]);
      else others.push(rule);
    }
  }

  /** The rule that locks out this leaf, or the CA that issued it; of several the one that lasts longest. */
  find(leaf: CertificateFacts, issuers: readonly CertificateFacts[], now: number): DenyRule | undefined {
    if (this.#bySelector.size === 0) return undefined;
    let found: DenyRule | undefined;
    for (const key of this.#keysOf(leaf, issuers))
      for (const rule of this.#bySelector.get(key) ?? [])
        if (now < endOf(rule) && (found === undefined || endOf(rule) > endOf(found))) found = rule;
    return found;
  }

  *#keysOf(leaf: CertificateFacts, issuers: readonly CertificateFacts[]): Iterable<string> {
    for (const { sha256, spkiSha256, serial, issuer } of [leaf, ...issuers]) {
      yield keyOf({ by: 'fingerprint', value: sha256 });
      yield keyOf({ by: 'spki', value: spkiSha256 });
      yield keyOf({ by: 'serial', serial, issuer });
    }
    if (!this.#hasNames) return;
    for (const type of TYPES) for (const value of leaf.names[type]) yield keyOf({ by: type, value });
  }
}

/** Milliseconds since the epoch. */
export function endOf({ until }: DenyRule): number {
  return until ?? Infinity;
}

function isName({ by }: DenySelector): boolean {
  return TYPES.some((type) => type === by);
}

function keyOf(selector: DenySelector): string {
  if (selector.by === 'serial') return `serial:${selector.serial} ${nameKey(selector.issuer)}`;
  const isExact = !isName(selector) || selector.by === 'uri';
  return `${selector.by}:${isExact ? selector.value : selector.value.toLowerCase()}`;
}
