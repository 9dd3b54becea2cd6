// The one matcher from a host name to a value, used for TLS (SNI) and for HTTP (Host): exact beats wildcard, a longer
// wildcard beats a shorter one. Lookup costs one Map probe a label, whatever the number of hosts.
import { type Hostname, isAddress, normalizeHostname } from './hostname.ts';

/** `a.example.com` (exact) or `*.example.com` (one or more labels in front of `.example.com`). */
export interface HostPattern {
  readonly kind: 'exact' | 'wildcard';
  /** Exact: the host. Wildcard: the suffix without `*.`. */
  readonly host: Hostname;
}

/** Parses a pattern; a string says why it is none. A `*` may stand only as the whole first label. */
export function parseHostPattern(text: string): HostPattern | string {
  const isWildcard = text.startsWith('*.');
  const rest = isWildcard ? text.slice(2) : text;
  if (rest.includes('*')) return `'*' may only be the whole first label, as in '*.corp.example.com'`;
  const host = normalizeHostname(rest);
  if (host === undefined) return `'${text}' is not a host name`;
  if (isWildcard && isAddress(host)) return `a wildcard in front of the address ${host} matches nothing`;
  return { kind: isWildcard ? 'wildcard' : 'exact', host };
}

export class HostMap<T> {
  readonly #exact = new Map<string, T>();
  readonly #wildcard = new Map<string, T>();

  get size(): number {
    return this.#exact.size + this.#wildcard.size;
  }

  /** The value stored for exactly this pattern. */
  get(pattern: HostPattern): T | undefined {
    return this.#table(pattern).get(pattern.host);
  }

  set(pattern: HostPattern, value: T): void {
    this.#table(pattern).set(pattern.host, value);
  }

  *entries(): Iterable<[HostPattern, T]> {
    for (const [host, value] of this.#exact) yield [{ kind: 'exact', host: host as Hostname }, value];
    for (const [host, value] of this.#wildcard) yield [{ kind: 'wildcard', host: host as Hostname }, value];
  }

  exact(host: Hostname): T | undefined {
    return this.#exact.get(host);
  }

  /** The value of the longest wildcard that covers the host. */
  wildcard(host: Hostname): T | undefined {
    if (this.#wildcard.size === 0) return undefined;
    for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      const found = this.#wildcard.get(host.slice(dot + 1));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Exact, else the longest wildcard, else undefined: never a default. */
  lookup(host: Hostname): T | undefined {
    return this.#exact.get(host) ?? this.wildcard(host);
  }

  #table(pattern: HostPattern): Map<string, T> {
    return pattern.kind === 'exact' ? this.#exact : this.#wildcard;
  }
}
