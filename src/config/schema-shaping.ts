// Settings about what clients get to see of the answers.
import { z } from 'zod';
import { rateLimits } from './schema-limits.ts';
import { duration, flag, headerName, isRedisUrl, quote, text } from './schema-values.ts';

const FRAMING = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const answerHeader = () =>
  headerName().superRefine((name, context) => {
    if (FRAMING.has(name))
      context.addIssue({ code: 'custom', message: `${name} is for the proxy to set: remove it` });
  });

const setHeaders = () =>
  z.record(answerHeader(), z.string().regex(/^[\x20-\x7e]*$/, { error: 'must be printable ASCII' }), {
    error: 'expected names and values, such as X-Robots-Tag: noindex',
  });

const rewrite = z.strictObject({
  header: answerHeader().describe('Name of the header.'),
  prefix: text().describe('What its value must begin with.'),
  value: z
    .string()
    .regex(/^[\x20-\x7e]*$/)
    .describe('What it begins with instead.'),
});

/** Nothing that would end an attribute of a cookie, or the header (RFC 6265 4.1.1). */
const attribute = (form: RegExp, expected: string) => z.string().regex(form, { error: expected });

const domain = () => attribute(/^\.?[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i, 'is not a domain');
const path = () => attribute(/^\/[\x21-\x3a\x3c-\x7e]*$/, 'is not a path of a cookie');

const cookies = z.strictObject({
  domain: z
    .record(domain(), z.union([domain(), z.literal('')]))
    .exactOptional()
    .describe('From a `Domain` to another one. Empty: the cookie is for the host alone.'),
  path: z
    .record(path(), path())
    .exactOptional()
    .describe('What a `Path` begins with, and what it begins with instead; the first that fits counts.'),
});

const shared = {
  set_response_headers: setHeaders()
    .exactOptional()
    .describe(
      'Headers of every answer, in the place of those of the app. A route adds to those for all; of the same name its own counts.',
    ),
  remove_response_headers: z
    .array(answerHeader())
    .exactOptional()
    .describe('Headers of apps that no client gets. A route adds to those for all.'),
};

export const shaping = {
  ...shared,
  rate_limits: rateLimits().describe(
    'How many requests a caller may make on all routes together; beyond it is 429. Default: no limit.',
  ),
  rate_limit_redis: text()
    .refine(isRedisUrl, { error: ({ input }) => `${quote(input)} is not redis:// or rediss://` })
    .exactOptional()
    .describe(
      'A Redis or Valkey, such as `rediss://host:6379/0`: all instances that name the same one count `rate_limits` and failed handshakes together. The certificate of `upstream_mtls` is shown there, and `certificate_authority_file` trusted. While it is away each instance counts alone.',
    ),
  security_headers: flag()
    .prefault(false)
    .describe(
      'Adds `X-Content-Type-Options: nosniff`, `X-Frame-Options: SAMEORIGIN` and `Referrer-Policy: strict-origin-when-cross-origin` where an app does not say otherwise.',
    ),
};

export const routeShaping = {
  ...shared,
  rate_limits: rateLimits().describe('The same on this route, beside those for all.'),
  security_headers: flag()
    .exactOptional()
    .describe('The same for this route. Default: the global `security_headers`.'),
  rewrite_response_headers: z
    .array(rewrite)
    .exactOptional()
    .describe(
      'Changes how values of headers begin, such as a `Location`. What names the address of the app itself is rewritten without it.',
    ),
  rewrite_cookies: cookies
    .exactOptional()
    .describe('Changes the `Domain` and the `Path` of cookies that the app sets. Cookies of Sallyport stay.'),
  cors_allow_preflight: flag()
    .prefault(false)
    .describe(
      'Lets the questions of browsers before a request of another site (OPTIONS with Origin and Access-Control-Request-Method) go to the app without a certificate or policy: browsers show none then.',
    ),
  maintenance: flag().prefault(false).describe('Answers 503 to everybody who would be let through.'),
  maintenance_retry_after: duration({ min: 1000 })
    .exactOptional()
    .describe('When they are told to come again (`Retry-After`). Default: nothing is said of it.'),
};
