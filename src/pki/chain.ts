// Builds the chain from a leaf to a trust anchor: the shortest one, through what the client sent. Every link is a name
// match (OpenSSL's, with key identifiers and key usage) and a signature that was verified.
import { type Authority, isCurrent, parseAuthority } from './authority.ts';
import type { Trust } from './trust.ts';

/** How much of what was sent is looked at: what bounds the work that a stranger can ask for. */
const MAX_SENT = 8;
const MAX_SENT_BYTES = 16_384;

export interface Chain {
  /** Between leaf and anchor, in TLS order. */
  readonly intermediates: readonly Authority[];
  readonly anchor: Authority;
}

export type ChainResult =
  | { readonly chain: Chain }
  /** `bad_signature`: somebody with the issuer's name exists, but its key did not sign. */
  | { readonly chain: undefined; readonly reason: 'unknown_issuer' | 'bad_signature' };

interface Path {
  readonly tip: Authority;
  readonly intermediates: readonly Authority[];
}

/** Parses what the client sent after its leaf. What cannot be read cannot vouch for anybody, so it is left out. */
export function parseSent(sent: readonly Buffer[]): Authority[] {
  const authorities: Authority[] = [];
  let bytes = 0;
  for (const der of sent.slice(0, MAX_SENT)) {
    bytes += der.length;
    if (bytes > MAX_SENT_BYTES) break;
    try {
      const authority = parseAuthority(der);
      if (authority.facts.isCa) authorities.push(authority);
    } catch {
      continue;
    }
  }
  return authorities;
}

/** Prefers certificates valid at `now`; only without such a chain are others used, so that its dates can be told. */
export function buildChain(
  leaf: Authority,
  sent: readonly Authority[],
  trust: Trust,
  now: number,
): ChainResult {
  const current = (authority: Authority): boolean => isCurrent(authority.facts, now);
  const best = search(leaf, sent.filter(current), trust.anchors.filter(current));
  return best.chain ? best : search(leaf, sent, trust.anchors);
}

/** Breadth first, so that the first anchor reached is the nearest. Each certificate sent is used at most once. */
function search(leaf: Authority, sent: readonly Authority[], anchors: readonly Authority[]): ChainResult {
  const itself = anchors.find(({ facts }) => facts.sha256 === leaf.facts.sha256);
  if (itself) return { chain: { intermediates: [], anchor: itself } };
  const unused = new Set(sent);
  let isForged = false;
  const issued = (issuer: Authority, subject: Authority): boolean => {
    if (!subject.certificate.checkIssued(issuer.certificate)) return false;
    const isSigned = subject.certificate.verify(issuer.publicKey);
    isForged ||= !isSigned;
    return isSigned;
  };
  const queue: Path[] = [{ tip: leaf, intermediates: [] }];
  for (const { tip, intermediates } of queue) {
    const anchor = anchors.find((candidate) => issued(candidate, tip));
    if (anchor) return { chain: { intermediates, anchor } };
    for (const candidate of unused) {
      if (candidate.facts.sha256 === leaf.facts.sha256 || !issued(candidate, tip)) continue;
      unused.delete(candidate);
      queue.push({ tip: candidate, intermediates: [...intermediates, candidate] });
    }
  }
  return { chain: undefined, reason: isForged ? 'bad_signature' : 'unknown_issuer' };
}
