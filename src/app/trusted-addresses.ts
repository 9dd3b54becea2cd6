// From a list of addresses to the question whether one is in it.
import type { Config } from '../config/schema.ts';
import type { Issue } from '../core/issue.ts';
import type { TrustedProxies } from '../pipeline/on-behalf.ts';
import { addressTest } from '../policy/addresses.ts';

/** Addresses, blocks, and `unix` for unix sockets, whose peers have the address ''. What is wrong is in `issues`. */
export function trustedAddresses(
  setting: string,
  entries: readonly string[],
  issues: Issue[],
): (address: string) => boolean {
  const blocks = entries.filter((entry) => entry !== 'unix');
  const isUnix = blocks.length < entries.length;
  const test = blocks.length === 0 ? undefined : addressTest(blocks);
  if (typeof test === 'string') {
    issues.push({ path: [setting], message: test });
    return () => false;
  }
  return (address) => (address === '' ? isUnix : test?.(address) === true);
}

/** Who is believed on whose behalf they ask; undefined: nobody. */
export function trustedProxiesOf(
  { trusted_proxies: entries, xff_num_trusted_hops: hops }: Config,
  issues: Issue[],
): TrustedProxies | undefined {
  if (entries !== undefined) return { includes: trustedAddresses('trusted_proxies', entries, issues), hops };
  if (hops !== undefined)
    issues.push({
      path: ['xff_num_trusted_hops'],
      message: 'needs trusted_proxies: whoever connects could name any address otherwise',
    });
  return undefined;
}
