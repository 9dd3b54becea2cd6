// A collector of spans, spoken to in OTLP over HTTP: one POST at a time over a connection that is kept. Over TLS it must
// prove who it is, in every handshake, and is shown a certificate where it asks for one.
import { once } from 'node:events';
import {
  type ClientRequest,
  Agent as PlainAgent,
  type IncomingMessage,
  request as requestPlain,
} from 'node:http';
import { Agent as TlsAgent, request as requestTls } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { rejectedSpans } from './otlp-message.ts';

/** PEM of what is shown, and of the CAs that the collector's certificate may have; undefined: those of the system. */
export interface CollectorCredentials {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca: readonly string[] | undefined;
}

export interface CollectorSettings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Those in force. */
  credentials(): CollectorCredentials;
}

export interface Delivery {
  /** Undefined: it has arrived. */
  readonly fault: Error | undefined;
  readonly mayRetry: boolean;
  /** How long the collector wants to be left alone; undefined: it does not say. */
  readonly waitMs: number | undefined;
  /** Spans of it that the collector did not want. */
  readonly rejected: number;
}

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_WAIT_MS = 300_000;
/** Everything else would be answered the same again (OTLP 1.x, "Failures"). */
const MAY_RETRY: ReadonlySet<number | undefined> = new Set([429, 502, 503, 504]);

export class Collector {
  readonly #settings: CollectorSettings;
  readonly #closing = new AbortController();
  #shown: CollectorCredentials | undefined;
  #agent: PlainAgent | undefined;

  constructor(settings: CollectorSettings) {
    this.#settings = settings;
  }

  /** Does not throw. */
  async post(message: Buffer): Promise<Delivery> {
    const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.#closing.signal]);
    try {
      const request = this.#request(message.length, signal);
      request.end(message);
      const [response] = (await once(request, 'response', { signal })) as [IncomingMessage];
      const answer = await readAnswer(response);
      const { statusCode = 0 } = response;
      if (statusCode >= 200 && statusCode < 300)
        return { fault: undefined, mayRetry: false, waitMs: undefined, rejected: rejectedSpans(answer) };
      const waitMs = waitIn(response.headers['retry-after']);
      const fault = new Error(`it answers ${statusCode}`);
      return { fault, mayRetry: MAY_RETRY.has(statusCode), waitMs, rejected: 0 };
    } catch (error) {
      return { fault: faultOf(error), mayRetry: true, waitMs: undefined, rejected: 0 };
    }
  }

  /** Cuts what is under way. */
  close(): void {
    this.#closing.abort(new Error('the proxy ends'));
    this.#agent?.destroy();
  }

  #request(length: number, signal: AbortSignal): ClientRequest {
    const { url, headers } = this.#settings;
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-protobuf', 'content-length': length },
      agent: this.#connections(),
      signal,
    };
    const request = url.protocol === 'https:' ? requestTls(url, options) : requestPlain(url, options);
    // What comes after the answer, or after the time is up, concerns nobody.
    request.on('error', () => {});
    return request;
  }

  /** Others where the certificates have changed. */
  #connections(): PlainAgent {
    const shown = this.#settings.credentials();
    if (this.#agent !== undefined && isDeepStrictEqual(this.#shown, shown)) return this.#agent;
    this.#agent?.destroy();
    this.#shown = shown;
    const kept = { keepAlive: true, maxSockets: 1 };
    this.#agent = this.#settings.url.protocol === 'https:' ? tlsAgent(shown, kept) : new PlainAgent(kept);
    return this.#agent;
  }
}

function tlsAgent({ cert, key, ca }: CollectorCredentials, kept: object): TlsAgent {
  return new TlsAgent({
    ...kept,
    // Said, because NODE_TLS_REJECT_UNAUTHORIZED would decide otherwise.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    // In a resumed session Node does not ask again whether the certificate is for that name.
    maxCachedSessions: 0,
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(ca !== undefined && { ca: [...ca] }),
  });
}

async function readAnswer(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('its answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** RFC 9110 10.2.3: seconds or a date. */
function waitIn(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_WAIT_MS);
}

/** With a text in any case: Node leaves that of several refused addresses empty. */
function faultOf(error: unknown): Error {
  const { message, code, cause } = error as NodeJS.ErrnoException;
  if (cause instanceof Error) return cause;
  return message === '' ? new Error(code) : (error as Error);
}
