// What a policy asks of a request, one question at a time.
import type { Issue, IssuePath } from '../core/issue.ts';
import type { CertificateFacts } from '../pki/identity.ts';

/** Who asks for what, and when. */
export interface Occasion {
  /** Of the certificate that passed; undefined: a stranger. */
  readonly leaf: CertificateFacts | undefined;
  /** A certificate was shown and does not pass. */
  readonly isInvalid: boolean;
  /** Whether the host demands a certificate. */
  readonly demandsCertificate: boolean;
  readonly remoteAddress: string;
  /** `TLSv1.3` or `TLSv1.2`. */
  readonly tlsVersion: string;
  readonly method: string;
  /** In normal form, without query. */
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface Named {
  /** As written: `http_method`. */
  readonly name: string;
}

/** About the client's certificate: whoever has none satisfies it in no way, not by `not` either. */
export interface CertificateCriterion extends Named {
  readonly about: 'certificate';
  readonly test: (leaf: CertificateFacts) => boolean;
}

/** The same for every request of a connection. */
export interface ConnectionCriterion extends Named {
  readonly about: 'connection';
  readonly test: (occasion: Occasion) => boolean;
}

/** The same for a while: until `until`, milliseconds since the epoch. */
export interface TimeCriterion extends Named {
  readonly about: 'time';
  readonly test: (occasion: Occasion) => boolean;
  readonly until: (occasion: Occasion) => number;
  /** As for a CertificateCriterion. */
  readonly needsCertificate?: boolean;
}

/** Another for every request. */
export interface RequestCriterion extends Named {
  readonly about: 'request';
  readonly test: (method: string, path: string) => boolean;
}

export type Criterion = CertificateCriterion | ConnectionCriterion | TimeCriterion | RequestCriterion;

export interface CriterionContext {
  readonly path: IssuePath;
  readonly report: (issue: Issue) => void;
  readonly groups: ReadonlyMap<string, CertificateTest>;
}

export type CertificateTest = (leaf: CertificateFacts) => boolean;
