// Who may use a route, as a value. Compiled once from the configuration, decided on by `decide`.

export type Rule =
  /** No `policy`: whoever was vouched for, and only where the host demands a certificate. */
  | { readonly kind: 'vouched' }
  /** `allow_public_unauthenticated_access`: whoever the edge let in, with a certificate or without. */
  | { readonly kind: 'public' }
  /** Nobody: an empty rule, or one that is not understood. */
  | { readonly kind: 'closed'; readonly why: string };
