// One HTTP request to an ACME server, which is not trusted to be quick, short or well-behaved.
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { AcmeProblem } from './problem.ts';

const TIMEOUT_MS = 30_000;
/** More than any chain, or list of authorizations. */
const MAX_BYTES = 1024 * 1024;
/** However long a server asks to be left alone. */
const MAX_RETRY_AFTER_MS = 7 * 24 * 3_600_000;

export interface AcmeTransportSettings {
  /** PEM of the CAs that the server's certificate may have; undefined: those of the system. */
  readonly trustedCa: string | undefined;
  readonly signal: AbortSignal;
}

export interface AcmeResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed where it is JSON, else text. */
  readonly data: unknown;
}

export interface AcmeRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Throws AcmeProblem where the server cannot be reached or does not answer in time; every answer is returned. */
export async function askAcme(
  url: string,
  { method, headers, body }: AcmeRequest,
  { trustedCa, signal }: AcmeTransportSettings,
): Promise<AcmeResponse> {
  try {
    const target = new URL(url);
    const request = (target.protocol === 'https:' ? https : http).request(target, {
      method,
      agent: false,
      headers: {
        'user-agent': 'sallyport',
        accept: '*/*',
        'accept-encoding': 'identity',
        ...headers,
        ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
      },
      ...(trustedCa !== undefined && { ca: trustedCa }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    try {
      request.end(body);
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      const text = await textOf(response);
      const { location, link } = response.headers;
      return {
        status: response.statusCode ?? 0,
        headers: {
          location,
          link: Array.isArray(link) ? link.join(', ') : link,
          'retry-after': response.headers['retry-after'],
          'replay-nonce': oneOf(response.headers['replay-nonce']),
        },
        data: /[/+]json\b/.test(response.headers['content-type'] ?? '') ? parsed(text) : text,
      };
    } finally {
      request.destroy();
    }
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AcmeProblem(`${url}: ${why}`, { type: 'unreachable', status: 0, cause });
  }
}

/** Seconds, or a date (RFC 9110 10.2.3), in milliseconds from now. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const at = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return at >= 0 ? Math.min(at, MAX_RETRY_AFTER_MS) : undefined;
}

async function textOf(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`the answer is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function oneOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
