// The whole configuration as one zod definition. Types, defaults, `routes.schema.json` and `docs/configuration.md` come
// from here; names are Pomerium's where the meaning is. Milliseconds and bytes once parsed; frozen by whoever parses.
import { z } from 'zod';
import { autocert } from './schema-autocert.ts';
import { limits, listening } from './schema-edge.ts';
import { callerHeaders, presets } from './schema-caller.ts';
import { dns } from './schema-dns.ts';
import { hosts } from './schema-hosts.ts';
import { logging } from './schema-log.ts';
import { globalPolicy } from './schema-policy.ts';
import { refusals } from './schema-refusals.ts';
import { shaping } from './schema-shaping.ts';
import { routeSchema } from './schema-route.ts';
import { tracing } from './schema-tracing.ts';
import { downstreamMtls, edgeCertificates, identityHeaders, upstreamTls } from './schema-tls.ts';
import { count, duration, word } from './schema-values.ts';

const upstreamDefaults = {
  default_upstream_timeout: duration()
    .prefault('30s')
    .describe('Until the head of an answer; its body may take as long as it flows. 0 means no limit.'),
  default_upstream_idle_timeout: duration()
    .prefault('5m')
    .describe('Between two pieces of an answer. 0 means no limit.'),
  upstream_connect_timeout: duration({ min: 1 })
    .prefault('10s')
    .describe('To connect to an app, TLS included.'),
  upstream_client: word(['undici', 'raw'])
    .default('raw')
    .describe(
      'Who speaks HTTP/1.1 to the apps: `raw`, a client of our own that is as strict as the edge, or `undici`, which costs more processor time.',
    ),
  upstream_pipelining: count({ max: 64 })
    .prefault(1)
    .describe(
      'Requests at once on one connection to an app, by `raw` alone: GET and OPTIONS without bodies, one behind the other. Only for apps that answer soon and are trusted to frame their answers well (docs/upstreams.md). 1 means one after the other.',
    ),
  max_upstream_connections: count().prefault(256).describe('Connections at once to one address of an app.'),
};

/** Everything but the routes, which are parsed one by one so that a mistake in one hides none in another. */
export const settingsSchema = z.strictObject({
  ...listening,
  ...edgeCertificates,
  ...autocert,
  downstream_mtls: downstreamMtls,
  ...hosts,
  ...upstreamTls,
  identity_headers: z
    .strictObject({
      client_cert: identityHeaders.client_cert.prefault(false),
      client_cert_chain: identityHeaders.client_cert_chain.prefault(false),
      x_forwarded_client_cert: identityHeaders.x_forwarded_client_cert.prefault(true),
      presets: presets().default([]),
    })
    .prefault({})
    .describe('Which headers tell the apps who is calling. Copies that clients send are always removed.'),
  ...globalPolicy,
  ...refusals,
  ...callerHeaders,
  ...upstreamDefaults,
  ...dns,
  ...limits,
  ...shaping,
  ...logging,
  ...tracing,
});

export const configSchema = settingsSchema.extend({
  routes: z
    .array(routeSchema)
    .describe(
      'What is served: hosts and paths, and the apps behind them. Within a host the first match wins.',
    ),
});

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** One route as parsed. Paths absolute, durations in milliseconds, sizes in bytes. */
export type RouteConfig = Frozen<z.output<typeof routeSchema>>;

/** Everything but the routes, as parsed. */
export type SettingsConfig = Frozen<z.output<typeof settingsSchema>>;

/** The configuration as parsed: plain, frozen, complete with its defaults. */
export type Config = SettingsConfig & { readonly routes: readonly RouteConfig[] };

/** What a user may write, as YAML or as an object: names as in the file, durations and sizes as text. */
export type ConfigInput = Frozen<z.input<typeof configSchema>>;
