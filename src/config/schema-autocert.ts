// Settings about certificates that are asked for at an ACME server (RFC 8555), Let's Encrypt or another.
import { z } from 'zod';
import { autocertDns } from './schema-autocert-dns.ts';
import { count, file, flag, isRedisUrl, pem, quote, text, word } from './schema-values.ts';

export const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
export const LETS_ENCRYPT_STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory';

const EMAIL = /^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$/;

export const autocert = {
  autocert: flag()
    .prefault(false)
    .describe(
      "Gets a certificate for the host of every route from an ACME server, Let's Encrypt by default, and renews it. Hosts that a certificate of `certificates` is valid for are left out.",
    ),
  autocert_ca: z
    .string()
    .refine((value) => URL.canParse(value) && new URL(value).protocol === 'https:', {
      error: ({ input }) => `${quote(input)} is not the https URL of an ACME directory`,
    })
    .exactOptional()
    .describe("URL of the directory of the ACME server. Default: Let's Encrypt."),
  autocert_use_staging: flag()
    .prefault(false)
    .describe("Uses Let's Encrypt's staging server, whose certificates no client trusts: for trying out."),
  autocert_email: z
    .string()
    .regex(EMAIL, { error: ({ input }) => `${quote(input)} is not an e-mail address` })
    .exactOptional()
    .describe('Whom the server may write to about the account.'),
  autocert_eab_key_id: text()
    .exactOptional()
    .describe('External account binding: the key ID that the CA has given.'),
  autocert_eab_mac_key: z
    .string()
    .regex(/^[A-Za-z0-9_+/-]+=*$/, { error: 'is not base64url' })
    .exactOptional()
    .describe('External account binding: the MAC key that the CA has given, in base64url.'),
  autocert_dir: file()
    .refine((value) => !/^[a-z0-9]+:\/\//i.test(value) || isRedisUrl(value), {
      error: ({ input }) => `${quote(input)} is neither a folder nor redis:// or rediss://`,
    })
    .exactOptional()
    .describe(
      'Where accounts, keys and certificates are kept: a folder, readable by its owner alone, or `rediss://host:6379/0`, where several machines share them, and TLS sessions, too; the certificate of `upstream_mtls` is shown there, and `certificate_authority_file` trusted. Default: `$XDG_DATA_HOME/sallyport/autocert`, else `~/.local/share/sallyport/autocert`.',
    ),
  autocert_cache_dir: file()
    .exactOptional()
    .describe(
      'Folder where certificates of a Redis in `autocert_dir` are kept, too, for a start while it is away; sealed as they are there. Default: nowhere.',
    ),
  autocert_encryption_keys: z
    .array(
      z.string().refine((value) => Buffer.from(value, 'base64').length === 32, {
        error: 'is not 32 bytes in base64: make one with openssl rand -base64 32',
      }),
      { error: 'write a list of keys' },
    )
    .default([])
    .describe(
      'Keys of 32 bytes in base64, such as `${env.STORAGE_KEY}`: everything in `autocert_dir` is encrypted with the first and read with any of them; what is not encrypted counts for nothing. Default: it is kept as it is.',
    ),
  autocert_trusted_ca_file: file()
    .exactOptional()
    .describe(
      "Path of the CAs that the ACME server's own certificate may have, in PEM. Default: the system's.",
    ),
  autocert_trusted_ca: pem()
    .exactOptional()
    .describe('The same as `autocert_trusted_ca_file`, written here: PEM, or the base64 of PEM.'),
  autocert_key_type: word(['ec-256', 'ec-384', 'rsa-2048'])
    .prefault('ec-256')
    .describe('The kind of key that certificates have.'),
  autocert_must_staple: flag()
    .prefault(false)
    .describe(
      'Asks for certificates that clients take only with an OCSP answer (RFC 7633). Few CAs still give them; needs `ocsp_stapling`.',
    ),
  autocert_profile: z
    .string()
    .regex(/^[A-Za-z0-9._-]+$/, { error: 'is not the name of a profile' })
    .exactOptional()
    .describe(
      "One of the server's certificate profiles, such as `shortlived`. Default: the server's choice.",
    ),
  autocert_preferred_chain: text()
    .exactOptional()
    .describe('Common name of the issuer that the chain is to end in, where the server offers several.'),
  autocert_challenges: z
    .array(word(['tls-alpn-01', 'http-01', 'dns-01']), { error: 'write a list of challenges' })
    .min(1, { error: 'the list is empty: no certificate could be had' })
    .exactOptional()
    .describe(
      'How it is proven that a host is ours, in the order in which it is tried. Default: `tls-alpn-01`, on the port of `address`, which must be reachable as 443; then `http-01` where `http_redirect_addr` is set; then `dns-01` where `autocert_dns` is.',
    ),
  autocert_dns: autocertDns,
  autocert_on_demand: z
    .strictObject({
      hosts: z
        .array(text(), { error: 'write a list of hosts' })
        .min(1, { error: 'the list is empty: nobody could be asked for' })
        .exactOptional()
        .describe(
          'Hosts, or wildcards such as `*.apps.corp.example.com`, that certificates may be asked for.',
        ),
      ask: z
        .string()
        .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
          error: ({ input }) => `${quote(input)} is not an http or https URL`,
        })
        .exactOptional()
        .describe('Is asked with `?domain=HOST` about each new host; an answer of 200 allows it.'),
      per_hour: count({ max: 10_000 })
        .prefault(10)
        .describe('New hosts an hour, in each process: strangers choose them.'),
    })
    .exactOptional()
    .describe(
      'Gets certificates for hosts under wildcard routes when a client first asks for one, and the handshake waits. Needs `hosts` or `ask`. Default: not.',
    ),
};
