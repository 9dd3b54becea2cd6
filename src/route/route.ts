// One compiled route: which requests it takes and what becomes of them. `parts` is whatever the app attaches (upstream,
// policy, headers, limits): this room carries it and never looks inside.
import type { HostPattern } from '../core/host-map.ts';
import type { EncodedSet } from './path.ts';
import type { PathMatcher } from './matcher.ts';
import type { PathRewrite } from './rewrite.ts';
import type { Redirect } from './redirect.ts';
import type { StaticResponse } from './static-response.ts';

export type RouteAction =
  /** `restore`: from a path of the app to the one that clients know it by. */
  | {
      readonly kind: 'forward';
      readonly rewrite: PathRewrite | undefined;
      readonly restore?: PathRewrite | undefined;
    }
  | { readonly kind: 'redirect'; readonly redirect: Redirect }
  | { readonly kind: 'response'; readonly response: StaticResponse }
  | { readonly kind: 'enrol' }
  /** For CONNECT to this port of the host, and nothing else. */
  | { readonly kind: 'tunnel'; readonly port: number };

export interface Route<Parts = unknown> {
  /** Unique in its table, the same after a reload that did not touch it: `app.example.com prefix:/api`. */
  readonly id: string;
  /** Position in the configuration's list. */
  readonly index: number;
  /** For people and the log: the setting, else the id. */
  readonly name: string;
  /** As written. */
  readonly from: string;
  readonly host: HostPattern;
  readonly matcher: PathMatcher;
  readonly action: RouteAction;
  readonly allowEncoded: EncodedSet;
  readonly parts: Parts;
}
