// What a route carries for the pipeline beside its matcher and action, compiled once when the configuration is applied.
import type { Hostname } from '../core/hostname.ts';
import type { ProxyProtocolVersion } from '../core/proxy-protocol.ts';
import type { LocalApp } from '../exchange/local-app.ts';
import type { CompressionSettings } from '../forward/compression.ts';
import type { CallerHeaders } from '../forward/request-headers.ts';
import type { TunnelLimits } from '../forward/splice.ts';
import type { Rule } from '../policy/rule.ts';
import type { Route } from '../route/route.ts';
import type { RouteTable } from '../route/table.ts';
import type { AnswerShape } from './answer-shape.ts';
import type { Affinity } from './affinity.ts';
import type { Buffering } from './buffering.ts';
import type { TrustedProxies } from './on-behalf.ts';
import type { PassthroughRoutes } from './passthrough.ts';
import type { RequestLimit } from './rate-limits.ts';
import type { RefusalSettings, RouteRefusals } from './refusal-settings.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** RFC 7517, as it is sent. */
export interface Jwks {
  readonly body: Buffer;
  /** Whether it is given to those who are refused, too. */
  readonly isPublic: boolean;
}

/** The host that an app gets: its own, the one the client asked for, a fixed one, or what a header of the client says. */
export type AppHost = 'own' | 'client' | { readonly fixed: string } | { readonly header: string };

export interface RouteParts {
  readonly rule: Rule;
  /** Undefined where no app is asked. */
  readonly upstream: Upstream | undefined;
  /** Which of several instances of the app; undefined: whichever is next. */
  readonly affinity?: Affinity | undefined;
  /** What answers where the route leads to a part of Sallyport itself. */
  readonly local?: LocalApp | undefined;
  readonly callerHeaders: CallerHeaders;
  readonly appHost: AppHost;
  /** Undefined: answers pass as they are. */
  readonly answer?: AnswerShape | undefined;
  /** Whether the questions of browsers before a request of another site go to the app without a certificate. */
  readonly allowsPreflight: boolean;
  /** Empty: as many requests as come. */
  readonly limits: readonly RequestLimit[];
  /** Nobody is served for now, and may be told when to come again; undefined: the route is in service. */
  readonly maintenance: { readonly retryAfterSeconds: number | undefined } | undefined;
  /** Protocols that clients may switch to, in lower case. */
  readonly upgrades: ReadonlySet<string>;
  readonly tunnelLimits: TunnelLimits;
  /** When a safe request goes to another instance, too; undefined: never. */
  readonly hedgeAfterMs?: number | undefined;
  /** Undefined: answers go out as they come. */
  readonly compression?: CompressionSettings | undefined;
  /** What tells an app behind CONNECT who the client is; undefined: nothing does. */
  readonly proxyProtocol?: ProxyProtocolVersion | undefined;
  /** Infinity for no limit. */
  readonly maxBodyBytes: number;
  /** The same of answers. */
  readonly maxAnswerBytes: number;
  /** Undefined: bodies go to the app as they come. */
  readonly buffering?: Buffering | undefined;
  readonly refusals: RouteRefusals;
}

export type ServedRoute = Route<RouteParts>;

/** What one exchange sees of the configuration, from its first phase to its last. */
export interface Served {
  readonly routes: RouteTable<RouteParts>;
  /** Changes when routes or policy do: grants made before are void. */
  readonly policyVersion: number;
  /** Name of the TLS-policy group that a host belongs to; only its connections may ask for the host. */
  groupOf(host: Hostname): string;
  readonly refusals: RefusalSettings;
  /** Undefined: nobody is believed on whose behalf they ask. */
  readonly trustedProxies: TrustedProxies | undefined;
  /** Hosts whose TLS passes through. */
  readonly passthrough: PassthroughRoutes;
  /** The keys that assertions are signed with; undefined: none is made. */
  readonly jwks: Jwks | undefined;
  /** Value of Strict-Transport-Security for clients that asked for this server name; undefined: none. */
  hsts(sni: string | undefined): string | undefined;
}
