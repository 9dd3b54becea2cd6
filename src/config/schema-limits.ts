// Settings about how many requests callers may make.
import { z } from 'zod';
import { count, duration, quote } from './schema-values.ts';

const KEY = /^(?:all|client_certificate|source_ip|header:[A-Za-z0-9-]+|cookie:[!#$%&'*+.^_`|~0-9A-Za-z-]+)$/;

export const rateLimits = () =>
  z
    .array(
      z.strictObject({
        key: z
          .string()
          .regex(KEY, {
            error: ({ input }) =>
              `${quote(input)} is none of client_certificate, source_ip, header:NAME, cookie:NAME, all`,
          })
          .prefault('client_certificate')
          .describe(
            'Who is counted together: `client_certificate` (its subject, else the address), `source_ip` (one /64 in IPv6), `header:NAME`, `cookie:NAME`, or `all`.',
          ),
        requests: count().describe('How many requests.'),
        per: duration({ min: 1 }).prefault('1m').describe('In which time, spread evenly.'),
        burst: count().exactOptional().describe('How many at once after a pause. Default: `requests`.'),
      }),
    )
    .exactOptional();
