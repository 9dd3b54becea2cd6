// Who may use a route, as a value. Compiled once from the configuration, decided on by `decide`.
import type { Policy } from './policy.ts';

/** `audit`: whoever would be denied is let through, and the log says so. */
export type PolicyMode = 'enforce' | 'audit';

export type Rule =
  /** No `policy`: whoever was vouched for, and only where the host demands a certificate. */
  | { readonly kind: 'vouched' }
  /** `allow_public_unauthenticated_access`: whoever the edge let in, with a certificate or without. */
  | { readonly kind: 'public' }
  /** `policy`: whoever it allows and does not deny. */
  | { readonly kind: 'policy'; readonly policy: Policy; readonly mode: PolicyMode }
  /** Nobody: an empty rule, or one that is not understood. */
  | { readonly kind: 'closed'; readonly why: string };
