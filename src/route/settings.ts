// What a route says in the configuration, as far as this room reads it. Names and meanings are Pomerium's unless the
// comment says otherwise.
import type { EncodedKind } from './path.ts';

export interface RedirectSettings {
  readonly https_redirect?: boolean | undefined;
  readonly scheme_redirect?: string | undefined;
  readonly host_redirect?: string | undefined;
  readonly port_redirect?: number | undefined;
  /** Replaces the whole path. */
  readonly path_redirect?: string | undefined;
  /** Replaces what the route's matcher matched, as in the route's own `prefix_rewrite`. */
  readonly prefix_rewrite?: string | undefined;
  /** 301 (default), 302, 303, 307, 308. */
  readonly response_code?: number | undefined;
  readonly strip_query?: boolean | undefined;
}

export interface ResponseSettings {
  /** 200 to 599. Default 200. */
  readonly status?: number | undefined;
  /** Default ''. */
  readonly body?: string | undefined;
  /** Default: `content-type: text/plain; charset=utf-8`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface RouteSettings {
  /** `https://host` or `https://*.suffix`, whose port takes no part in matching; `tcp+https://host:port`, whose port does. */
  readonly from: string;
  /** For people and the log. Default: the route's id. */
  readonly name?: string | undefined;
  /** At most one of the three; none matches every path. */
  readonly path?: string | undefined;
  /** Ends on a segment border, unlike Pomerium's: `/app` does not match `/application`. */
  readonly prefix?: string | undefined;
  readonly regex?: string | undefined;
  readonly prefix_rewrite?: string | undefined;
  /** RE2; with its substitution, and not beside `prefix_rewrite`. */
  readonly regex_rewrite_pattern?: string | undefined;
  readonly regex_rewrite_substitution?: string | undefined;
  /** Exactly one of `to`, `redirect`, `response`, `enrol`. What `to` and `enrol` hold is not this room's business. */
  readonly to?: unknown;
  readonly enrol?: unknown;
  readonly redirect?: RedirectSettings | undefined;
  readonly response?: ResponseSettings | undefined;
  /** Encoded characters that are let through in the path instead of being answered 400. Default none. */
  readonly unsafe_allow_encoded?: readonly EncodedKind[] | undefined;
}
