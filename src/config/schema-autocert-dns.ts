// `autocert_dns`: how records of `dns-01` challenges are put into DNS.
import { z } from 'zod';
import { duration, file, quote, text, word } from './schema-values.ts';

const url = () =>
  z.string().refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
    error: ({ input }) => `${quote(input)} is not an http or https URL`,
  });

const SERVER = /^(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/;
const server = () =>
  z
    .string()
    .regex(SERVER, { error: ({ input }) => `${quote(input)} is not an address, such as 192.0.2.53:53` });

const secret = (what: string) => text().exactOptional().describe(what);

export const autocertDns = z
  .strictObject({
    provider: word(['cloudflare', 'rfc2136', 'acme-dns', 'httpreq', 'exec']).describe(
      'Who has the zone: Cloudflare; a name server that takes dynamic updates (RFC 2136); an acme-dns server; a webhook as lego calls it (`httpreq`); a program (`exec`).',
    ),
    propagation_timeout: duration()
      .prefault('2m')
      .describe('How long a record may take until the name servers have it. 0: it is not looked for.'),
    resolvers: z
      .array(server(), { error: 'write a list of addresses' })
      .default([])
      .describe("Name servers that are asked. Default: the system's, then those of the zone."),
    cloudflare_api_token: secret('A token of Cloudflare that may edit DNS of the zone.'),
    cloudflare_api_token_file: file().exactOptional().describe('Path of a file with `cloudflare_api_token`.'),
    rfc2136_server: server().exactOptional().describe('Where updates are sent, by TCP; port 53 by default.'),
    rfc2136_zone: text().exactOptional().describe('The zone. Default: the server is asked.'),
    rfc2136_key_name: text()
      .exactOptional()
      .describe('Name of the TSIG key. Default: updates are not signed.'),
    rfc2136_key_secret: secret('The TSIG key, in base64.'),
    rfc2136_key_secret_file: file().exactOptional().describe('Path of a file with `rfc2136_key_secret`.'),
    rfc2136_key_algorithm: word(['hmac-sha256', 'hmac-sha384', 'hmac-sha512'])
      .prefault('hmac-sha256')
      .describe('Of the TSIG key.'),
    acme_dns_url: url().exactOptional().describe('URL of the acme-dns server.'),
    httpreq_url: url().exactOptional().describe('URL of the webhook; `/present` and `/cleanup` are added.'),
    httpreq_username: text().exactOptional().describe('For the webhook, where it wants one.'),
    httpreq_password: secret('For the webhook, where it wants one.'),
    httpreq_password_file: file().exactOptional().describe('Path of a file with `httpreq_password`.'),
    exec_file: file()
      .exactOptional()
      .describe('Path of the program, or of a script of acme.sh such as `dns_cf.sh`.'),
    exec_style: word(['lego', 'acme.sh'])
      .prefault('lego')
      .describe(
        '`lego`: it is called with `present` or `cleanup`, the name and the value. `acme.sh`: its functions `…_add` and `…_rm` are.',
      ),
  })
  .exactOptional()
  .describe('How `dns-01` challenges are answered, which wildcard hosts need. Default: they are not.');

/** What each provider cannot do without. */
export const DNS_NEEDS = {
  cloudflare: ['cloudflare_api_token'],
  rfc2136: ['rfc2136_server'],
  'acme-dns': ['acme_dns_url'],
  httpreq: ['httpreq_url'],
  exec: ['exec_file'],
} as const satisfies Record<string, readonly string[]>;
