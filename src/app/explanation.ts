// What `explain` says: a plain value, the same as JSON on the command line and on the admin listener.
import type { Step } from '../pki/examine.ts';
import type { SubjectAltNames } from '../pki/identity.ts';
import type { TracedBlock } from '../policy/trace.ts';
import type { Standing } from '../route/consider.ts';

export interface Explanation {
  readonly admitted: boolean;
  readonly answer: Answer;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly ip: string;
    readonly tls_version: string;
    /** ISO 8601. */
    readonly at: string;
  };
  /** What the host asks of its clients. */
  readonly host: {
    readonly tls_group: string;
    readonly client_certificate: 'require' | 'request' | 'none';
    readonly tls_min_version: string;
    /** Subject of the certificate that the edge shows for it. */
    readonly shown: string;
  } | null;
  /** What the client shows; null: nothing, or nothing that can be read. */
  readonly certificate: ShownCertificate | null;
  /** Every check of the certificate, in their order; null where none is asked for. */
  readonly verdict: {
    readonly ok: boolean;
    readonly reason: string | null;
    readonly detail: string | null;
    /** ISO 8601: when it may become another one; null: never by itself. */
    readonly until: string | null;
    readonly steps: readonly Step[];
  } | null;
  /** Every route that covers the host. */
  readonly routes: readonly ConsideredRoute[];
  /** What the route that takes the request asks of its callers; null where none takes it. */
  readonly policy: {
    readonly kind: 'vouched' | 'public' | 'policy' | 'closed';
    readonly mode: 'enforce' | 'audit' | null;
    /** Why it would be refused where the policy is only watched. */
    readonly would_deny: string | null;
    readonly blocks: readonly TracedBlock[];
  } | null;
  /** What the app gets; null where nothing is forwarded. */
  readonly forwarded: ForwardedRequest | null;
  /** What only a live handshake or request can prove. */
  readonly not_run: readonly string[];
}

/** What the client would get. */
export type Answer =
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly code: string;
      readonly reason: string | null;
      readonly detail: string | null;
      readonly message: string | null;
    }
  /** The handshake fails, or the connection is closed after it. */
  | { readonly kind: 'closed'; readonly reason: string; readonly detail: string }
  | { readonly kind: 'forwarded'; readonly upstream: readonly string[] }
  /** To bytes after CONNECT. */
  | { readonly kind: 'tunnel'; readonly upstream: readonly string[] }
  /** TLS does not end here. */
  | { readonly kind: 'passthrough'; readonly upstream: readonly string[] }
  /** Client certificates are given here. */
  | { readonly kind: 'enrol' }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | { readonly kind: 'response'; readonly status: number }
  | { readonly kind: 'keys' };

export interface ShownCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly fingerprint_sha256: string;
  readonly not_before: string;
  readonly not_after: string;
  readonly names: SubjectAltNames;
}

export interface ConsideredRoute {
  readonly index: number;
  readonly name: string;
  readonly id: string;
  readonly standing: Standing;
}

export interface ForwardedRequest {
  readonly method: string;
  readonly target: string;
  /** Without those that a client sends itself. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The claims of the signed assertion, `jti` aside; null where none is made. */
  readonly assertion: { readonly header: string; readonly claims: Readonly<Record<string, unknown>> } | null;
}
