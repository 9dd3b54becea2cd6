// How names become addresses where nothing is said about it.
import type { UpstreamDns } from '../../src/upstream/compile-upstream.ts';

export const systemDns: UpstreamDns = {
  isStrict: false,
  lookup: undefined,
  discovery: {
    dns: { family: 'V4_PREFERRED', resolvers: [], timeoutMs: 2000, tries: 3 },
    refreshMs: 5000,
    failureRefreshMs: 5000,
  },
};
