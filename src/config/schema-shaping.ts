// Settings about what clients get to see of the answers.
import { z } from 'zod';
import { rateLimits } from './schema-limits.ts';
import { flag, headerName, text } from './schema-values.ts';

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
  cors_allow_preflight: flag()
    .prefault(false)
    .describe(
      'Lets the questions of browsers before a request of another site (OPTIONS with Origin and Access-Control-Request-Method) go to the app without a certificate or policy: browsers show none then.',
    ),
  maintenance: flag().prefault(false).describe('Answers 503 to everybody who would be let through.'),
};
