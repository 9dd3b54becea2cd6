// Who is calling, as values read once from a certificate, and what was decided about it.

/** Subject alternative names by type, read from the ASN.1 (never from Node's `subjectaltname` string, whose separators a name can forge). */
export interface SubjectAltNames {
  readonly dns: readonly string[];
  readonly email: readonly string[];
  readonly uri: readonly string[];
  readonly ip: readonly string[];
  /** Microsoft user principal names (otherName 1.3.6.1.4.1.311.20.2.3). */
  readonly upn: readonly string[];
}

/** One parsed certificate. Frozen; made once a leaf and cached by `sha256`. */
export interface CertificateFacts {
  readonly der: Buffer;
  /** Lower-case hex of SHA-256 over the DER. */
  readonly sha256: string;
  /** Base64 of SHA-256 over the SubjectPublicKeyInfo. */
  readonly spkiSha256: string;
  /** Lower-case hex without leading zero bytes; `-01` for -1. */
  readonly serial: string;
  /** RFC 4514 string. */
  readonly subject: string;
  /** First CN of the subject, or ''. */
  readonly commonName: string;
  /** RFC 4514 string. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  readonly isCa: boolean;
  readonly key: { readonly type: 'rsa' | 'ec' | 'ed25519' | 'ed448' | 'other'; readonly bits: number };
  /** Name of the digest in the signature, lower case: `sha256`; '' where the algorithm has none (Ed25519). */
  readonly signatureHash: string;
  /** Dotted OIDs of the extended key usage; undefined when the extension is absent (anything goes). */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** Whether its key usage, where it names one, allows it to sign revocation lists. */
  readonly mayIssueCrls: boolean;
  /** Value of the CRL distribution points, DER; undefined when the extension is absent. */
  readonly crlPoints: Buffer | undefined;
  readonly names: SubjectAltNames;
  /** Critical extensions that nothing here understands, as dotted OIDs. */
  readonly unknownCritical: readonly string[];
}

/** A client whose certificate passed. Holds the leaf and the chain that vouched for it. */
export interface Identity {
  readonly leaf: CertificateFacts;
  /** The chain used for validation in TLS order, without the leaf and without the trust anchor (RFC 9440 2.3). */
  readonly chain: readonly Buffer[];
}

/** Why a certificate does not pass. Machine-readable, stable, in every log line and (as a class) in the answer. */
export type RefusalReason =
  | 'none_sent'
  | 'expired'
  | 'not_yet_valid'
  | 'unknown_issuer'
  | 'bad_signature'
  | 'wrong_eku'
  | 'is_a_ca'
  | 'too_deep'
  | 'weak_key'
  | 'weak_signature'
  | 'unknown_critical_extension'
  | 'name_constraint'
  | 'malformed'
  | 'chain_unknown'
  | 'denied_locally'
  | 'revoked'
  | 'san_mismatch'
  | 'crl_missing'
  | 'crl_stale'
  | 'ocsp_unknown'
  | 'rejected';

/**
 * What `verify` found. `until` (ms since the epoch) is the earliest moment at which it could become something else;
 * a verdict past it, or made under another trust version, must be made anew.
 */
export type Verdict =
  | { readonly ok: true; readonly identity: Identity; readonly until: number; readonly trustVersion: number }
  | {
      readonly ok: false;
      readonly reason: RefusalReason;
      /** What was shown, for the log: absent when nothing was sent or nothing could be parsed. */
      readonly shown: CertificateFacts | undefined;
      /** For the operator, in words: which list revoked it and when. Undefined where the reason says it all. */
      readonly detail?: string | undefined;
      /** What the operator wants its owner to read, from the deny list. */
      readonly message?: string | undefined;
      readonly until: number;
      readonly trustVersion: number;
    };
