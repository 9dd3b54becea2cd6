// What the command line may do with development certificates: keep those of `sallyport dev`, issue more from the same
// CAs.
export { type DevCertificates, type MadePair, prepareDevCertificates } from '../certs/dev-certificates.ts';
export { type DevIssued, issueDevClient, issueDevServer, readRoot } from '../certs/dev-issue.ts';
export {
  crlFileOf,
  type IssuedEntry,
  issuedEntries,
  type RevocationReason,
  revokeIssued,
  writeCrl,
} from '../certs/ca-record.ts';
export { trustActs, trustGaps } from '../certs/trust-stores.ts';
export { DEV_P12_PASSWORD } from '../certs/dev-p12.ts';
export { clientNames } from '../certs/client-names.ts';
export { invite, openInvitations } from '../certs/invitations.ts';
