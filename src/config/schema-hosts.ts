// Settings about single hosts: what clients must show there, where it differs from the rest.
import { z } from 'zod';
import { parseHostPattern } from '../core/host-map.ts';
import { hostMtls } from './schema-tls.ts';
import { quote, word } from './schema-values.ts';

const hostPattern = z.string().superRefine((value, context) => {
  const pattern = parseHostPattern(value);
  if (typeof pattern === 'string') context.addIssue({ code: 'custom', message: pattern });
});

const tlsVersion = () =>
  z
    .union([word(['1.2', '1.3']), z.literal(1.2), z.literal(1.3)], {
      error: (issue) => `${quote(issue.input)} is none of 1.2, 1.3`,
    })
    .transform((value) => (String(value) === '1.3' ? ('TLSv1.3' as const) : ('TLSv1.2' as const)));

export const hosts = {
  tls_min_version: tlsVersion()
    .prefault('1.2')
    .describe('Lowest version of TLS that clients may speak: 1.2 or 1.3.'),
  default_host: hostPattern
    .exactOptional()
    .describe(
      'The host that a client means whose hello names none. Default: such a client may ask for any host while one set of rules holds for all of them, and is refused when `hosts` makes a difference.',
    ),
  hosts: z
    .array(
      z.strictObject({
        host: hostPattern.describe(
          'The host: `app.example.com`, or `*.corp.example.com` for one or more labels in its place.',
        ),
        downstream_mtls: hostMtls
          .exactOptional()
          .describe(
            'What clients must show there, where it differs. Entries of `deny` are added to those for all.',
          ),
        tls_min_version: tlsVersion().exactOptional().describe('Lowest version of TLS there.'),
      }),
    )
    .default([])
    .describe(
      'Hosts that demand another client certificate than the rest, or none. TLS sessions and connections are never shared between hosts that differ.',
    ),
};
