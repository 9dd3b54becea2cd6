// Why a certificate is not given, with what is said to whoever asked.

export type EnrolReason =
  | 'invitation_missing'
  | 'invitation_unknown'
  | 'certificate_missing'
  | 'certificate_not_ours'
  | 'certificate_revoked'
  | 'request_malformed'
  | 'names_not_allowed'
  | 'media_type'
  | 'cross_site'
  | 'too_many_tries'
  | 'too_many_certificates';

/** Status and words for each. */
const KINDS: Readonly<Record<EnrolReason, readonly [status: number, text: string]>> = {
  invitation_missing: [401, 'Show the token of an invitation as the password, or a client certificate.'],
  invitation_unknown: [401, 'This token is unknown, was used already, or its time is over.'],
  certificate_missing: [403, 'Show the certificate that is to be renewed.'],
  certificate_not_ours: [403, 'The certificate shown was not given here: it cannot be renewed here.'],
  certificate_revoked: [403, 'The certificate shown was taken back.'],
  request_malformed: [400, 'The request for a certificate cannot be read'],
  names_not_allowed: [400, 'The request asks for names that this certificate may not have'],
  media_type: [415, 'Send the request for a certificate as application/pkcs10.'],
  cross_site: [403, 'Another site must not ask for a certificate.'],
  too_many_tries: [429, 'Too many wrong tokens from this address: wait a minute.'],
  too_many_certificates: [429, 'Too many certificates for this name: wait.'],
};

export class EnrolFault extends Error {
  readonly reason: EnrolReason;
  /** HTTP status. */
  readonly status: number;
  readonly detail: string | undefined;
  /** Seconds after which trying again may help. */
  readonly retryAfter: number | undefined;

  constructor(reason: EnrolReason, detail?: string, retryAfter?: number) {
    const [status, text] = KINDS[reason];
    super(detail === undefined ? text : `${text}: ${detail}`);
    this.name = 'EnrolFault';
    this.reason = reason;
    this.status = status;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }
}
