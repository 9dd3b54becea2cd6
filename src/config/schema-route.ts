// One route: which requests it takes (`from`, and a path), and what becomes of them (`to`, `redirect` or `response`).
import { z } from 'zod';
import { isPassthrough, parseFrom } from '../core/from.ts';
import { isRawUrl, parseRawTarget, parseTarget } from '../core/target.ts';
import {
  count,
  duration,
  file,
  flag,
  headerName,
  pem,
  quote,
  serverName,
  size,
  text,
  urlPath,
  word,
} from './schema-values.ts';
import { presets, routeCallerHeaders } from './schema-caller.ts';
import { routeShaping as shaping } from './schema-shaping.ts';
import { balancing } from './schema-balance.ts';
import { routeDns } from './schema-dns.ts';
import { enrol } from './schema-enrol.ts';
import { passage } from './schema-passage.ts';
import { routePolicy } from './schema-policy.ts';
import { routeRefusals } from './schema-refusals.ts';
import { identityHeaders } from './schema-tls.ts';
import { upgrades } from './schema-upgrades.ts';
import { splitWeight } from './weight.ts';

const from = z.string().superRefine((value, context) => {
  const pattern = parseFrom(value, isPassthrough(value) ? 'tls' : 'https');
  if (typeof pattern === 'string') context.addIssue({ code: 'custom', message: pattern });
});

const weighted = z.strictObject({
  url: z.string().describe('Address of the app.'),
  weight: count().exactOptional().describe('Share of the requests, against the other weights.'),
});

/** Not the end of it: whether all or none have a weight is judged over the whole list. */
const target = z
  .union([z.string(), weighted], { error: 'expected a URL, or a URL and its weight' })
  .transform((value, context): { url: string; weight: number | undefined } => {
    const { url, weight } = typeof value === 'string' ? splitWeight(value) : value;
    const fault = targetFault(url) ?? (weight === undefined || weight >= 1 ? undefined : weightFault(url));
    if (fault !== undefined) context.issues.push({ code: 'custom', message: fault, input: value });
    return { url, weight };
  });

function targetFault(url: string): string | undefined {
  try {
    if (isRawUrl(url)) parseRawTarget(url);
    else parseTarget(url);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const weightFault = (url: string): string =>
  `the weight of '${url}' is not a whole number of at least 1: remove the line to send it nothing`;

const to = z
  .union([z.array(target).min(1, { error: 'the list is empty: give at least one URL' }), target], {
    error: (issue) => `${quote(issue.input)} is not a URL or a list of URLs`,
  })
  .transform((value, context): { url: string; weight: number }[] => {
    const targets = Array.isArray(value) ? value : [value];
    const weightless = targets.filter((one) => one.weight === undefined).length;
    if (weightless !== 0 && weightless !== targets.length)
      context.issues.push({
        code: 'custom',
        message: `${weightless} of ${targets.length} targets have no weight: give all of them one, or none`,
        input: value,
      });
    return targets.map((one) => ({ url: one.url, weight: one.weight ?? 1 }));
  });

const redirect = z.strictObject({
  https_redirect: flag().exactOptional().describe('Changes the scheme to https.'),
  scheme_redirect: word(['http', 'https']).exactOptional().describe('Changes the scheme.'),
  host_redirect: serverName().exactOptional().describe('Changes the host.'),
  port_redirect: count({ max: 65_535 }).exactOptional().describe('Changes the port.'),
  path_redirect: urlPath().exactOptional().describe('Replaces the whole path.'),
  prefix_rewrite: urlPath()
    .exactOptional()
    .describe('Replaces what `prefix` matched, or the whole path with `path` and `regex`.'),
  response_code: z
    .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)], {
      error: (issue) => `${quote(issue.input)} is none of 301, 302, 303, 307, 308`,
    })
    .default(301)
    .describe('Status of the answer.'),
  strip_query: flag().prefault(false).describe('Leaves the query out of the new address.'),
});

const response = z.strictObject({
  status: count({ min: 200, max: 599 }).prefault(200).describe('Status of the answer.'),
  body: z.string().default('').describe('Body of the answer, sent as UTF-8.'),
  headers: z
    .record(headerName(), z.string().regex(/^[\t\x20-\x7e]*$/, { error: 'must be printable ASCII' }))
    .prefault({})
    .describe('Headers of the answer; `content-type` is `text/plain; charset=utf-8` unless given.'),
});

const encoded = z
  .string()
  .transform((value) => value.toLowerCase())
  .pipe(
    z.enum(['%2f', '%5c', '%2e', '%00'], {
      error: (issue) => `${quote(issue.input)} is none of %2f, %5c, %2e, %00`,
    }),
  );

const spkiPin = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, {
  error: (issue) => `${quote(issue.input)} is not a pin: write the base64 of a SHA-256, 44 characters`,
});

const upstreamTls = {
  tls_client_cert_file: file()
    .exactOptional()
    .describe('Path of the certificate that this app sees instead of `upstream_mtls`, in PEM.'),
  tls_client_key_file: file().exactOptional().describe('Path of its private key, in PEM.'),
  tls_client_cert: pem().exactOptional().describe('The same as `tls_client_cert_file`, written here.'),
  tls_client_key: pem().exactOptional().describe('The same as `tls_client_key_file`, written here.'),
  tls_custom_ca_file: file()
    .exactOptional()
    .describe('Path of the CAs that this app may have, in PEM. Replaces every other trust for it.'),
  tls_custom_ca: pem().exactOptional().describe('The same as `tls_custom_ca_file`, written here.'),
  tls_upstream_server_name: serverName()
    .exactOptional()
    .describe(
      'Server name to ask for and to find in the certificate of the app, instead of the host in `to`.',
    ),
  tls_upstream_spki_pins: z
    .array(spkiPin)
    .min(1, { error: 'an empty list of pins admits no app: give a pin or remove the line' })
    .exactOptional()
    .describe(
      'SHA-256 of the public keys that the app may have, in base64. One must fit, after the usual checks.',
    ),
  tls_upstream_san: z
    .array(text())
    .min(1, { error: 'an empty list of names admits no app: give a name or remove the line' })
    .exactOptional()
    .describe(
      'Names to find in the certificate of the app instead of its host: one DNS name, URI (SPIFFE ID) or address must be there.',
    ),
};

export const routeSchema = z.strictObject({
  name: text()
    .exactOptional()
    .describe('Name of the route in logs and metrics. Default: its `from` and path.'),
  description: z.string().exactOptional().describe('For people; shown on the start page of `sallyport dev`.'),
  from: from.describe(
    'The host that clients ask for: `https://app.example.com`, or `https://*.corp.example.com` for one or more labels in its place; or `tls://db.example.com`, where TLS does not end here but passes through. A port is allowed and ignored. `tcp+https://db.example.com:5432` is for CONNECT to that host and port: docs/tunnels.md.',
  ),
  prefix: urlPath()
    .exactOptional()
    .describe('Takes paths under this one, whole segments: `/app` is not `/application`.'),
  path: urlPath().exactOptional().describe('Takes exactly this path.'),
  regex: text().exactOptional().describe('Takes paths that this expression matches in full (RE2 syntax).'),
  to: to
    .exactOptional()
    .describe(
      'Where the app is: `https://host:port`, `http://host:port`, `h2c://host:port`, `http+unix:///path`, `https+unix:///path` or `unix:/path`; `srv+https://_service._tcp.domain` (or `srv+http`, `srv+h2c`), where SRV records say; `tcp://host:port` with `tls://` and `tcp+https://`, and `tls://host:port` with `tcp+https://`; one or a list, with weights as `url,weight` or `{url, weight}`.',
    ),
  redirect: redirect.exactOptional().describe('Answers with another address instead of asking an app.'),
  response: response.exactOptional().describe('Answers with a fixed text instead of asking an app.'),
  enrol: enrol
    .exactOptional()
    .describe(
      'Gives client certificates of the CA that `sallyport ca init` made: to those who were invited (`sallyport ca invite`), and again to those who have one. Goes with one whole host.',
    ),
  prefix_rewrite: urlPath()
    .exactOptional()
    .describe(
      'Replaces what `prefix` matched, or the whole path with `path` and `regex`; without any of them it stands in front.',
    ),
  regex_rewrite_pattern: text()
    .exactOptional()
    .describe(
      'Every match of this expression (RE2 syntax) in the path is replaced by `regex_rewrite_substitution`.',
    ),
  regex_rewrite_substitution: z
    .string()
    .exactOptional()
    .describe('What stands there instead; `\\1` is the first group. Default: nothing.'),
  host_rewrite: serverName()
    .exactOptional()
    .describe('The host that the app gets, instead of the one in `to`.'),
  host_rewrite_header: headerName()
    .exactOptional()
    .describe('A header of the client whose value is the host that the app gets.'),
  ...shaping,
  preserve_host_header: flag()
    .prefault(false)
    .describe('Sends the app the host that the client asked for instead of the one in `to`.'),
  timeout: duration()
    .exactOptional()
    .describe('Until the head of the answer. Default: `default_upstream_timeout`. 0 means no limit.'),
  idle_timeout: duration()
    .exactOptional()
    .describe(
      'Between two pieces of the answer. Default: `default_upstream_idle_timeout`. 0 means no limit.',
    ),
  ...balancing,
  ...routeDns,
  ...passage,
  connect_timeout: duration({ min: 1 })
    .exactOptional()
    .describe('To connect to the app, TLS included. Default: `upstream_connect_timeout`.'),
  upstream_client: word(['undici', 'raw'])
    .exactOptional()
    .describe('Who speaks to this app. Default: the global `upstream_client`.'),
  allow_h2: flag()
    .prefault(false)
    .describe(
      'Asks this app in HTTP/2 where it offers that in the TLS handshake, else in HTTP/1.1. What gRPC needs; `h2c://` in `to` is the same in clear text.',
    ),
  upstream_pipelining: count({ max: 64 })
    .exactOptional()
    .describe('Requests at once on one connection to this app. Default: the global `upstream_pipelining`.'),
  max_request_body_bytes: size()
    .exactOptional()
    .describe('Longest request body. Default: the global `max_request_body_bytes`. 0 means no limit.'),
  proxy_protocol: word(['v1', 'v2'])
    .exactOptional()
    .describe(
      'With `tls://` and `tcp+https://`: tells the target who the client is, by a header of the PROXY protocol in front of its bytes.',
    ),
  ...upgrades,
  allow_public_unauthenticated_access: flag()
    .prefault(false)
    .describe('Admits everybody, without a client certificate.'),
  ...routePolicy,
  ...routeRefusals,
  ...routeCallerHeaders,
  unsafe_allow_encoded: z
    .array(encoded)
    .prefault([])
    .describe(
      'Escapes that are let through in a path instead of answering 400: `%2f`, `%5c`, `%2e`, `%00`. Unsafe: the app may read the path otherwise than the routes do.',
    ),
  identity_headers: z
    .strictObject({
      client_cert: identityHeaders.client_cert.exactOptional(),
      client_cert_chain: identityHeaders.client_cert_chain.exactOptional(),
      x_forwarded_client_cert: identityHeaders.x_forwarded_client_cert.exactOptional(),
      presets: presets().exactOptional(),
    })
    .default({})
    .describe('Which headers tell this app who is calling. Default: the global `identity_headers`.'),
  tls_downstream_client_ca_file: file()
    .exactOptional()
    .describe(
      'Path of the CAs whose client certificates are accepted on the host of this route, in PEM, instead of those for all. The same as `hosts[].downstream_mtls.ca_file`.',
    ),
  tls_downstream_client_ca: pem()
    .exactOptional()
    .describe('The same, written here: PEM, or the base64 of PEM.'),
  ...upstreamTls,
});
