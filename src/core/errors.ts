// The one table of everything that can go wrong with an exchange: whose fault it is, which status the client gets,
// whether the attempt may be made again. `docs/errors.md` is this table in prose; a test holds the two together.

export type Source = 'client' | 'upstream' | 'operator' | 'internal';

/** `never`; `unsent`: when no byte of the request has left; `idempotent`: when the method is (RFC 9110 9.2.2). */
export type Retry = 'never' | 'unsent' | 'idempotent';

export interface ErrorKind {
  readonly source: Source;
  /** HTTP status of the answer, where one can still be given. */
  readonly status: number;
  readonly retry: Retry;
  /** Shown to clients; holds no data of anybody. */
  readonly text: string;
}

const client = (status: number, text: string): ErrorKind => ({
  source: 'client',
  status,
  retry: 'never',
  text,
});
const upstream = (status: number, retry: Retry, text: string): ErrorKind => ({
  source: 'upstream',
  status,
  retry,
  text,
});

const TABLE = {
  // The request as sent
  bad_request_line: client(400, 'The request line is malformed.'),
  bad_header: client(400, 'A header field is malformed.'),
  bad_header_name: client(400, 'A header name has characters other than letters, digits and hyphens.'),
  bad_host: client(400, 'The Host is missing, repeated or malformed.'),
  bad_target: client(400, 'The request target is malformed.'),
  bad_path: client(400, 'The path is malformed, or different readers would read it differently.'),
  bad_framing: client(400, 'The length of the request body is ambiguous.'),
  bad_chunk: client(400, 'The chunked request body is malformed.'),
  bad_trailer: client(400, 'A trailer field is malformed or not allowed.'),
  bad_upgrade: client(400, 'The upgrade request is malformed.'),
  request_timeout: client(408, 'The request did not arrive in time.'),
  body_too_slow: client(408, 'The request body arrived too slowly.'),
  method_not_allowed: client(405, 'This method is not served here.'),
  body_too_large: client(413, 'The request body is too large.'),
  uri_too_long: client(414, 'The request target is too long.'),
  expectation_failed: client(417, 'Only the expectation 100-continue is known.'),
  misdirected: client(421, 'This connection was made for another host.'),
  rate_limited: client(429, 'Too many requests. Wait a moment.'),
  websocket_version: client(426, 'Only version 13 of the WebSocket protocol is spoken here.'),
  headers_too_large: client(431, 'The header fields are too large or too many.'),
  coding_not_implemented: client(501, 'The only transfer coding known here is chunked.'),
  version_not_supported: client(505, 'This version of HTTP is not spoken here.'),
  client_closed: client(499, 'The client went away.'),

  // The certificate: the exact reason is the verdict's
  client_certificate_required: client(403, 'A client certificate is required to come in here.'),
  client_certificate_invalid: client(403, 'The client certificate shown is not accepted here.'),

  // Routing and policy
  unknown_host: client(404, 'There is nothing here.'),
  no_route: client(404, 'There is nothing here.'),
  denied: client(403, 'You may not pass.'),
  revoked: client(403, 'You may pass no longer.'),
  upgrade_not_allowed: client(403, 'This address does not switch protocols.'),

  // The upstream
  upstream_unreachable: upstream(502, 'unsent', 'The application could not be reached.'),
  upstream_tls: upstream(502, 'never', 'No trusted connection to the application could be made.'),
  upstream_reset: upstream(502, 'idempotent', 'The application closed the connection.'),
  upstream_protocol: upstream(502, 'never', 'The application gave an answer that is not valid HTTP.'),
  upstream_headers_too_large: upstream(502, 'never', 'The application sent too many or too large headers.'),
  upstream_upgrade: upstream(502, 'never', 'The application switched protocols wrongly.'),
  upstream_connect_timeout: upstream(504, 'unsent', 'The application did not accept a connection in time.'),
  upstream_timeout: upstream(504, 'never', 'The application did not answer in time.'),
  upstream_cut: upstream(502, 'never', 'The application stopped in the middle of its answer.'),
  upstream_stalled: upstream(504, 'never', 'The application stopped sending in the middle of its answer.'),
  upstream_too_large: {
    source: 'operator',
    status: 502,
    retry: 'never',
    text: 'The answer of the application is larger than it may be.',
  },
  upstream_unavailable: upstream(503, 'never', 'No instance of the application is available.'),

  // Whoever runs this
  maintenance: {
    source: 'operator',
    status: 503,
    retry: 'never',
    text: 'The application is being maintained. Try again later.',
  },

  overloaded: {
    source: 'operator',
    status: 503,
    retry: 'never',
    text: 'Too much is going on at the moment. Try again soon.',
  },

  tunnel_idle: {
    source: 'operator',
    status: 408,
    retry: 'never',
    text: 'Nothing was sent for too long.',
  },
  tunnel_expired: {
    source: 'operator',
    status: 408,
    retry: 'never',
    text: 'The connection has lasted as long as it may.',
  },

  // Ourselves
  internal: { source: 'internal', status: 500, retry: 'never', text: 'Something went wrong in the proxy.' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof TABLE;

export const ERRORS: Readonly<Record<ErrorCode, ErrorKind>> = TABLE;

/** An error with a code of the table. `context` goes to the log only; `cause` is kept. */
export class SallyportError extends Error {
  readonly code: ErrorCode;
  readonly context: string | undefined;

  constructor(code: ErrorCode, context?: string, cause?: unknown) {
    super(context === undefined ? code : `${code}: ${context}`, cause === undefined ? undefined : { cause });
    this.name = 'SallyportError';
    this.code = code;
    this.context = context;
  }

  get kind(): ErrorKind {
    return ERRORS[this.code];
  }
}
