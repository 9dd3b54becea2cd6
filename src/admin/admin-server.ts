// A small HTTP server for whoever runs the proxy, on this machine alone. It changes nothing. A browser that is led here
// by some other site gets nothing: Host must be this machine's, and no page of another origin is answered (Caddy
// CVE-2026-27589).
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';

export interface AdminRequest {
  readonly query: URLSearchParams;
  /** Empty but for POST. */
  readonly body: Buffer;
}

export interface AdminAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AdminEndpoint {
  /** Default GET alone. HEAD goes with GET. */
  readonly takesPost?: boolean;
  /** What it throws is said to whoever asked, as their mistake. */
  answer(request: AdminRequest): AdminAnswer | Promise<AdminAnswer>;
}

const MAX_BODY_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 64;
const LOCAL_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

export class AdminServer {
  readonly #server: Server;
  readonly #endpoints: ReadonlyMap<string, AdminEndpoint>;

  /** By exact path. */
  constructor(endpoints: ReadonlyMap<string, AdminEndpoint>) {
    this.#endpoints = endpoints;
    this.#server = createServer({
      headersTimeout: 5000,
      requestTimeout: 10_000,
      keepAliveTimeout: 5000,
      maxHeaderSize: 16 * 1024,
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('request', (request, response) => void this.#serve(request, response));
  }

  /** `bind` has the server listen where it shall. */
  async listen<T>(bind: (server: Server) => Promise<T>): Promise<T> {
    return await bind(this.#server);
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => response.destroy());
    try {
      send(request, response, await this.#answer(request));
    } catch (error) {
      send(request, response, text(400, error instanceof Error ? error.message : String(error)));
    }
  }

  async #answer(request: IncomingMessage): Promise<AdminAnswer> {
    const { host = '', origin } = request.headers;
    const site = request.headers['sec-fetch-site'];
    const isForeign =
      !LOCAL_HOST.test(host) ||
      (origin !== undefined && origin !== `http://${host}`) ||
      (site !== undefined && site !== 'same-origin' && site !== 'none');
    if (isForeign) return text(403, 'This is for the machine itself: ask for localhost, from no other site.');
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
    const endpoint = this.#endpoints.get(path);
    if (endpoint === undefined) return text(404, `There are: ${[...this.#endpoints.keys()].join(', ')}`);
    const { method = '' } = request;
    const methods = endpoint.takesPost === true ? ['GET', 'HEAD', 'POST'] : ['GET', 'HEAD'];
    if (!methods.includes(method))
      return { ...text(405, `Use ${methods.join(', ')}.`), headers: { allow: methods.join(', ') } };
    const body = method === 'POST' ? await readBody(request) : Buffer.alloc(0);
    if (body === undefined) return text(413, `At most ${MAX_BODY_BYTES} bytes are read.`);
    return await endpoint.answer({ query: new URLSearchParams(query), body });
  }
}

export function text(status: number, body: string): AdminAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${body}\n` };
}

export function json(status: number, value: unknown): AdminAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value, undefined, 2)}\n` };
}

/** Undefined: it is too long. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(request: IncomingMessage, response: ServerResponse, answer: AdminAnswer): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(answer.status === 413 && { connection: 'close' }),
    ...answer.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
