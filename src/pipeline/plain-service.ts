// What is answered without TLS: challenges of ACME servers, and for everything else the way to the port that speaks TLS.
// It is the same for every host, so that strangers do not learn which there are.
import type { Clock } from '../core/clock.ts';
import type { SallyportError } from '../core/errors.ts';
import { ERRORS } from '../core/errors.ts';
import { parseAuthority } from '../core/hostname.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Service } from '../exchange/service.ts';
import { parsePath } from '../route/path.ts';

export interface PlainServiceParts {
  readonly clock: Clock;
  /** Where clients reach the port that speaks TLS; undefined where they cannot. */
  readonly httpsPort: () => number | undefined;
  /** What to answer to an ACME server that asks for this token (RFC 8555 8.3); undefined: nothing. */
  readonly answerFor: (token: string) => Promise<string | undefined>;
}

const CHALLENGES = '/.well-known/acme-challenge/';
/** Questions for tokens that are looked into at once: each may be a look at a disk. */
const MAX_LOOKS = 32;
const DEFAULT_PORT = 443;

export class PlainService implements Service {
  readonly #parts: PlainServiceParts;
  #looks = 0;

  constructor(parts: PlainServiceParts) {
    this.#parts = parts;
  }

  serve(exchange: Exchange): void {
    const { request } = exchange;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && request.target.startsWith(CHALLENGES)) this.#answer(exchange);
    else redirect(exchange, this.#parts);
  }

  refuse(exchange: Exchange, error: SallyportError): void {
    const { status, text } = ERRORS[error.code];
    reply(exchange, this.#parts.clock, {
      status: status === 0 ? 400 : status,
      body: `${text}\n`,
      isLast: true,
    });
  }

  #answer(exchange: Exchange): void {
    let isGone = false;
    exchange.listen({ onDrain: () => {}, onClose: () => (isGone = true) });
    const finish = (body: string | undefined): void => {
      this.#looks--;
      if (isGone) exchange.settle('abort');
      else
        reply(exchange, this.#parts.clock, {
          status: body === undefined ? 404 : 200,
          body: body ?? 'There is no such challenge.\n',
          isListening: true,
        });
    };
    this.#looks++;
    if (this.#looks > MAX_LOOKS) finish(undefined);
    else
      this.#parts
        .answerFor(exchange.request.target.slice(CHALLENGES.length))
        .then(finish, () => finish(undefined));
  }
}

function redirect(exchange: Exchange, { clock, httpsPort }: PlainServiceParts): void {
  const { authority, target, method } = exchange.request;
  const [host, path, port] = [parseAuthority(authority)?.host, parsePath(target), httpsPort()];
  if (host === undefined || typeof path === 'string' || path.path === '*' || port === undefined) {
    reply(exchange, clock, { status: 400, body: 'Use https.\n', isLast: true });
    return;
  }
  const name = host.includes(':') ? `[${host}]` : host;
  const location = `https://${name}${port === DEFAULT_PORT ? '' : `:${port}`}${path.path}${path.query}`;
  // 301 turns what has a body into GET in many clients (RFC 9110 15.4.2).
  const status = method === 'GET' || method === 'HEAD' ? 301 : 308;
  reply(exchange, clock, { status, body: '', location, isLast: !exchange.isRequestComplete });
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly location?: string;
  /** The connection goes no further. */
  readonly isLast?: boolean;
  readonly isListening?: boolean;
}

function reply(
  exchange: Exchange,
  clock: Clock,
  { status, body, location, isLast = false, isListening = false }: Reply,
): void {
  if (!isListening) exchange.listen({ onDrain: () => {}, onClose: () => {} });
  const bytes = Buffer.from(body);
  const fields = ['Date', new Date(clock.now()).toUTCString(), 'Content-Type', 'text/plain; charset=utf-8'];
  if (location !== undefined) fields.push('Location', location);
  fields.push('X-Content-Type-Options', 'nosniff');
  exchange.respond(status, fields, bytes.length, isLast);
  exchange.write(bytes);
  exchange.end();
  exchange.settle(isLast ? 'retire' : 'keep');
}
