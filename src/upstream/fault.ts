// What an error of undici or of the socket under it means in our table.
import { errors } from 'undici';
import { type ErrorCode, SallyportError } from '../core/errors.ts';

/** How far the attempt had come. */
export interface Progress {
  /** The request was about to be written to a connection. */
  readonly isStarted: boolean;
  /** The final response head has arrived. */
  readonly hasHead: boolean;
}

const BEFORE_HEAD: Readonly<Record<string, ErrorCode>> = {
  UND_ERR_HEADERS_OVERFLOW: 'upstream_headers_too_large',
  UND_ERR_HEADERS_TIMEOUT: 'upstream_timeout',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'upstream_protocol',
  UND_ERR_INVALID_ARG: 'internal',
  UND_ERR_NOT_SUPPORTED: 'internal',
  UND_ERR_CLOSED: 'upstream_unavailable',
  UND_ERR_DESTROYED: 'upstream_unavailable',
};

/** The error for the exchange; `name` is the endpoint's, for the log. */
export function upstreamFault(error: Error, progress: Progress, name: string): SallyportError {
  if (error instanceof SallyportError) return error;
  // The parser's error carries what the app sent, which is no business of the log's.
  const cause = error instanceof errors.HTTPParserError ? undefined : error;
  return new SallyportError(codeOf(error, progress), `${name}: ${error.message}`, cause);
}

function codeOf(error: NodeJS.ErrnoException, { isStarted, hasHead }: Progress): ErrorCode {
  const code = error.code ?? '';
  if (hasHead) return code === 'UND_ERR_BODY_TIMEOUT' ? 'upstream_stalled' : 'upstream_cut';
  // In TLS 1.3 an app refuses our certificate after the handshake is over on our side.
  if (code.startsWith('ERR_SSL_')) return 'upstream_tls';
  const known = BEFORE_HEAD[code];
  if (known !== undefined) return known;
  // A kept connection that fell over under a request that was still waiting for it: whatever the reason, it is gone.
  if (!isStarted) return 'upstream_reset';
  if (error instanceof errors.HTTPParserError) return 'upstream_protocol';
  if (code === 'UND_ERR_SOCKET') {
    if (error.message === 'bad response') return 'upstream_protocol';
    if (error.message === 'bad upgrade') return 'upstream_upgrade';
  }
  return 'upstream_reset';
}
