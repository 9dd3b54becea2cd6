// One row of what a client may present, and the words that the rows are written in.
import type { ConfigInput } from '../../src/config/schema.ts';
import type { RefusalReason } from '../../src/pki/identity.ts';
import type { Issued } from '../../src/pki/issue-certificate.ts';
import { ExtendedKeyUsageExtension, type Extension } from '../../src/pki/x509-library.ts';

export interface ClientCase {
  readonly name: string;
  /** Undefined: the client shows no certificate. */
  readonly client: Issued | undefined;
  /** Sent after the leaf. */
  readonly chain?: readonly Issued[];
  /** The bundle. Default: the test client CA. */
  readonly anchors?: readonly Issued[];
  /** Default 1. */
  readonly depth?: number;
  /** More of `downstream_mtls`. */
  readonly mtls?: ConfigInput['downstream_mtls'];
  /** The whole verdict. */
  readonly verdict: 'ok' | RefusalReason;
  /** What OpenSSL reports in the handshake. */
  readonly openssl: string;
  /** What our half alone says, where it differs. */
  readonly ours?: 'ok' | RefusalReason;
}

const HOUR_MS = 3_600_000;
export const ago = (hours: number): Date => new Date(Date.now() - hours * HOUR_MS);
export const EXPIRED = { notBefore: ago(48), notAfter: ago(1) };
/** Only these extended key usages; with none, no such extension. */
export const usage = (...oids: string[]) => ({
  extensions: (profile: readonly Extension[]) => [
    ...profile.filter(({ type }) => type !== '2.5.29.37'),
    ...(oids.length > 0 ? [new ExtendedKeyUsageExtension(oids)] : []),
  ],
});
/** One extension more than the profile has. */
export const plus = (extension: Extension) => ({
  extensions: (profile: readonly Extension[]) => [...profile, extension],
});
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
/** OpenSSL's word for an issuer that is neither sent nor in the bundle. */
export const NO_ISSUER = 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';
export const PASSES = { verdict: 'ok', openssl: 'ok' } as const;
