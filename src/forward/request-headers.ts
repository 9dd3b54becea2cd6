// What a route has the app told beyond what every app is told: headers of the operator's own, compiled once.
import { flatText } from '../core/flat-text.ts';
import { foldName } from '../core/fold-name.ts';
import type { AssertionSettings } from './assertion.ts';
import type { IdentityHeaders } from './client-certificate.ts';
import type { HeaderTemplate } from './header-template.ts';
import type { IdentityPreset } from './identity-presets.ts';

export interface CallerHeaders {
  readonly identity: IdentityHeaders;
  readonly presets: readonly IdentityPreset[];
  readonly set: readonly { readonly name: string; readonly template: HeaderTemplate }[];
  /** Undefined: no assertion is made. */
  readonly assertion: AssertionSettings | undefined;
  /** Names under which clients may say nothing, beside those that are always removed; undefined: there are none. */
  readonly removed: RemovedNames | undefined;
}

/** Names that are removed from what clients send, in any case and punctuation. */
export class RemovedNames {
  readonly #folded: ReadonlySet<string>;
  /** Names as sent -> whether they go. Bounded, since clients choose the names. */
  readonly #known = new Map<string, boolean>();

  constructor(names: Iterable<string>) {
    this.#folded = new Set(Array.from(names, foldName));
  }

  has(name: string): boolean {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const isRemoved = this.#folded.has(foldName(name));
    if (this.#known.size < 2000) this.#known.set(flatText(name), isRemoved);
    return isRemoved;
  }

  /** A copy of flat headers without those; the very same where none is among them. */
  without(headers: readonly string[]): readonly string[] {
    const isAmong = headers.some((name, index) => index % 2 === 0 && this.has(name));
    if (!isAmong) return headers;
    const kept: string[] = [];
    for (let i = 0; i < headers.length; i += 2)
      if (!this.has(headers[i] ?? '')) kept.push(headers[i] ?? '', headers[i + 1] ?? '');
    return kept;
  }
}
