// Settings about certificates that are good in themselves and do not pass all the same: taken back by their CA, locked
// out by the operator, without the right name.
import { z } from 'zod';
import { duration, file, pem, quote, size, text, word } from './schema-values.ts';

const hex = (value: string): string => value.replaceAll(/[\s:]/g, '').toLowerCase();

const fingerprint = z.string().transform((value, context): string => {
  const digits = hex(value);
  if (!/^[0-9a-f]{64}$/.test(digits))
    context.issues.push({
      code: 'custom',
      message: `${quote(value)} is not a SHA-256 fingerprint: write its 64 hexadecimal digits, with or without colons`,
      input: value,
    });
  return digits;
});

const spkiHash = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, {
  error: (issue) => `${quote(issue.input)} is not the base64 of a SHA-256 hash: it has 44 characters`,
});

const serialNumber = z.string({ error: notSerial }).transform((value, context): string => {
  const digits = hex(value);
  if (!/^-?[0-9a-f]{1,64}$/.test(digits))
    context.issues.push({ code: 'custom', message: notSerial({ input: value }), input: value });
  const [, sign = '', magnitude = ''] = /^(-?)0*([0-9a-f]+)$/.exec(digits) ?? [];
  return `${sign}${magnitude.length % 2 === 0 ? magnitude : `0${magnitude}`}`;
});

function notSerial(issue: { readonly input?: unknown }): string {
  return `${quote(issue.input)} is not a serial number: write it in quotes, in hexadecimal, as in the log`;
}

/** A day or a moment, UTC; milliseconds since the epoch once parsed. */
const moment = z.string().transform((value, context): number => {
  const isMoment = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/.test(value);
  const time = isMoment ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time))
    context.issues.push({
      code: 'custom',
      message: `${quote(value)} is not a time: write 2027-01-31, or 2027-01-31T18:00:00Z`,
      input: value,
    });
  return time;
});

/** Exactly one way to say which certificates are meant. */
const SELECTORS = [
  'fingerprint',
  'spki_hash',
  'serial',
  'san_dns',
  'san_email',
  'san_uri',
  'san_ip',
  'san_upn',
];

const denied = z
  .strictObject({
    fingerprint: fingerprint
      .exactOptional()
      .describe('SHA-256 of one certificate, in hexadecimal, with or without colons.'),
    spki_hash: spkiHash
      .exactOptional()
      .describe('SHA-256 of a public key, in base64: every certificate that is made for the key.'),
    serial: serialNumber
      .exactOptional()
      .describe('Serial number of one certificate, in hexadecimal; needs `issuer`.'),
    issuer: text()
      .exactOptional()
      .describe("Who issued `serial`, as the log says it: 'CN=Corp CA,O=Example'."),
    san_dns: text().exactOptional().describe('A DNS name among the subject alternative names.'),
    san_email: text().exactOptional().describe('An email address among them.'),
    san_uri: text().exactOptional().describe('A URI among them, such as a SPIFFE id.'),
    san_ip: text().exactOptional().describe('An IP address among them.'),
    san_upn: text().exactOptional().describe('A user principal name among them.'),
    message: text().exactOptional().describe('What the owner of the certificate gets to read.'),
    until: moment
      .exactOptional()
      .describe('When the entry ends by itself: a day or a moment. Default: never.'),
  })
  .check(({ value, issues }) => {
    const given = SELECTORS.filter((name) => Object.hasOwn(value, name));
    const [first] = given;
    const message =
      first === undefined && value.issuer === undefined
        ? `says nobody: give one of ${SELECTORS.join(', ')}`
        : given.length > 1
          ? `says ${given.join(' and ')}: give one of them, and another entry for the other`
          : first === 'serial' && value.issuer === undefined
            ? 'has a serial number without its issuer: give issuer, as the log says it'
            : first !== 'serial' && value.issuer !== undefined
              ? 'has an issuer without a serial number: give serial'
              : undefined;
    if (message !== undefined) issues.push({ code: 'custom', message, input: value });
  });

/** One entry of the deny list, as parsed. */
export type DeniedConfig = z.output<typeof denied>;

const SAN_TYPES = ['dns', 'email', 'uri', 'ip_address', 'user_principal_name'] as const;

const namePattern = z
  .strictObject({
    dns: text().exactOptional().describe('A regular expression (RE2) that a whole DNS name must match.'),
    email: text().exactOptional().describe('One for an email address.'),
    uri: text().exactOptional().describe('One for a URI, such as a SPIFFE id.'),
    ip_address: text().exactOptional().describe('One for an IP address.'),
    user_principal_name: text().exactOptional().describe('One for a user principal name.'),
  })
  .check(({ value, issues }) => {
    if (Object.keys(value).length !== 1)
      issues.push({ code: 'custom', message: `give one of ${SAN_TYPES.join(', ')}`, input: value });
  });

const httpAddress = (what: string) =>
  z.string().transform((value, context): string => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    const isFit =
      (url?.protocol === 'http:' || url?.protocol === 'https:') &&
      url.username === '' &&
      url.password === '' &&
      url.hash === '';
    if (!isFit)
      context.issues.push({
        code: 'custom',
        message: `${quote(value)} is no address of ${what}: write http://host/path or https://host/path`,
        input: value,
      });
    return value;
  });

/** One entry of `match_subject_alt_names`, as parsed. */
export type NamePatternConfig = z.output<typeof namePattern>;

export const revocation = {
  crl_file: z
    .union([file(), z.array(file()).min(1, { error: 'the list is empty: give at least one file' })])
    .exactOptional()
    .describe(
      'Path of revocation lists in PEM or one in DER, or a list of such paths. With a list here every CA in the chain of a client needs one: see `crl_scope`.',
    ),
  crl: pem().exactOptional().describe('The same as `crl_file`, written here: PEM, or the base64 of PEM.'),
  crl_urls: z
    .array(httpAddress('a list'))
    .min(1, { error: 'the list is empty: give at least one address' })
    .exactOptional()
    .describe(
      'Where revocation lists are fetched from, at the start and again well before they end; beside those of `crl_file`. No other address is ever asked. A list counts once its signature is checked; the last good one is kept.',
    ),
  crl_scope: word(['chain', 'leaf']).describe(
    '`chain`: every certificate below the trust anchor is looked up in the list of its issuer. `leaf`: only that of the client is.',
  ),
  crl_freshness: word(['strict', 'grace', 'ignore']).describe(
    'What becomes of clients when the list of their CA is past its `nextUpdate`: `strict` admits nobody of that CA, `grace` everyone not named in it for `crl_grace` longer, `ignore` for ever. The log warns well before.',
  ),
  crl_grace: duration().describe('How long a list may be late with `crl_freshness: grace`.'),
  ocsp: word(['off', 'soft', 'hard']).describe(
    'Whether an OCSP responder is asked about each client. `hard`: nobody comes in without a good answer. `soft`: who is not known to be revoked does. Answers are kept, and renewed before they end.',
  ),
  ocsp_responder: httpAddress('a responder')
    .exactOptional()
    .describe('Who is asked, whatever the certificates say.'),
  ocsp_hosts: z
    .array(text())
    .min(1, { error: 'the list is empty: give at least one host' })
    .exactOptional()
    .describe(
      'Hosts that may be asked where a certificate names them as its responder. No other is ever asked.',
    ),
  match_subject_alt_names: z
    .array(namePattern)
    .min(1, { error: 'an empty list admits nobody: give a pattern, or remove the line' })
    .exactOptional()
    .describe('Only clients with a subject alternative name that one of these patterns matches in full.'),
  deny: z.array(denied).describe('Certificates that are locked out at once, whatever their CA says.'),
};

/** How lists are fetched, the same for all hosts. */
export const listFetching = {
  crl_refresh: duration({ min: 1000 })
    .prefault('1h')
    .describe('The longest time between two looks at an address of `crl_urls`.'),
  crl_cache_dir: file()
    .exactOptional()
    .describe('A folder where what was fetched is kept for the next start. Default: it is kept in memory.'),
  max_crl_bytes: size({ min: 1024, max: 256 * 1024 ** 2 })
    .prefault('32MiB')
    .describe('The longest list that is fetched.'),
};
