// The protocol in an Upgrade field, or in the `:protocol` of HTTP/2.
import { whyNeverSwitchedTo } from '../core/upgrade-protocol.ts';
import { isMadeOf, TOKEN } from './grammar.ts';

/** In lower case; undefined for a list, for nonsense, and for what is never switched to. */
export function upgradeProtocol(text: string): string | undefined {
  const protocol = text.toLowerCase();
  if (!isMadeOf(TOKEN, protocol.replace('/', ''))) return undefined;
  return whyNeverSwitchedTo(protocol) === undefined ? protocol : undefined;
}
