// The caller's identity as the exchange carries it, for the rooms that may not look into `pki`.
export type { CertificateFacts, Identity, RefusalReason, Verdict } from '../pki/identity.ts';
