// Settings about names of apps in DNS: who is asked, how often, and what becomes of several addresses. Envoy's names, and
// Pomerium's where it has them.
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import { count, duration, quote, word } from './schema-values.ts';

/** `192.0.2.53`, `192.0.2.53:8600`, `2001:db8::53`, `[2001:db8::53]:8600`. */
function isResolver(text: string): boolean {
  if (isIP(text) !== 0) return !text.includes('%');
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const isAddress = v6 === undefined ? isIPv4(v4 ?? '') : isIPv6(v6) && !v6.includes('%');
  return isAddress && Number(port) >= 1 && Number(port) <= 65_535;
}

const family = () => word(['AUTO', 'V4_ONLY', 'V6_ONLY', 'V4_PREFERRED', 'ALL']);

const resolvers = () =>
  z.array(
    z.string().refine(isResolver, {
      error: ({ input }) => `${quote(input)} is not an address, such as 192.0.2.53 or 192.0.2.53:8600`,
    }),
    { error: 'write a list of addresses' },
  );

/** Less would be a flood. */
const MIN_REFRESH_MS = 100;

export const dns = {
  dns_lookup_family: family()
    .exactOptional()
    .describe(
      'Which addresses of a name in `to` are taken: `V4_ONLY`, `V6_ONLY`; `V4_PREFERRED`, or `AUTO` for IPv6 first: the other family where there is none; `ALL`. Default: `V4_PREFERRED` where each address is an instance (`dns_type: STRICT_DNS`, `srv+https://`), else all that the system knows.',
    ),
  dns_resolvers: resolvers()
    .default([])
    .describe(
      "Who is asked for names in `to`: `address` or `address:port`. Default: the system's resolvers.",
    ),
  dns_refresh_rate: duration({ min: MIN_REFRESH_MS })
    .prefault('5s')
    .describe('How often names are asked for again whose addresses are instances.'),
  dns_failure_refresh_rate: duration({ min: MIN_REFRESH_MS })
    .exactOptional()
    .describe('The same after a question without an answer. Default: `dns_refresh_rate`.'),
  dns_query_timeout: duration({ min: 1 })
    .prefault('2s')
    .describe('How long a resolver may take to answer, for `dns_resolvers` and SRV records.'),
  dns_query_tries: count({ max: 10 }).prefault(3).describe('How often each of them is asked one question.'),
};

export const routeDns = {
  dns_type: word(['LOGICAL_DNS', 'STRICT_DNS'])
    .exactOptional()
    .describe(
      'What a name in `to` with several addresses is: `LOGICAL_DNS`, one instance, looked up for each new connection; `STRICT_DNS`: each address is an instance of its own, and the name is asked for again every `dns_refresh_rate`. Default: `LOGICAL_DNS`.',
    ),
  dns_lookup_family: family().exactOptional().describe('Default: the global `dns_lookup_family`.'),
  dns_resolvers: resolvers().exactOptional().describe('Default: the global `dns_resolvers`.'),
  dns_refresh_rate: duration({ min: MIN_REFRESH_MS })
    .exactOptional()
    .describe('Default: the global `dns_refresh_rate`.'),
  dns_failure_refresh_rate: duration({ min: MIN_REFRESH_MS })
    .exactOptional()
    .describe('Default: the global `dns_failure_refresh_rate`.'),
};
