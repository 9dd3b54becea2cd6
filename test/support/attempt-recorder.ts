// A sink that writes down what an attempt tells it, and promises for the moments a test waits for.
import type { Duplex } from 'node:stream';
import type { SallyportError } from '../../src/core/errors.ts';
import type { FlatHeaders } from '../../src/core/flat-headers.ts';
import type { Attempt, AttemptSink, Endpoint, OutgoingHead, Sent } from '../../src/upstream/contract.ts';

export class AttemptRecorder implements AttemptSink {
  readonly informational: { status: number; headers: FlatHeaders }[] = [];
  readonly events: string[] = [];
  status = 0;
  headers: FlatHeaders = [];
  trailers: FlatHeaders = [];
  body = '';
  bodyBytes = 0;
  drains = 0;
  error: SallyportError | undefined;
  sent: Sent | undefined;
  socket: Duplex | undefined;
  readonly #ended = Promise.withResolvers<this>();
  readonly #headed = Promise.withResolvers<this>();
  readonly #bodied = Promise.withResolvers<this>();
  #attempt: Attempt | undefined;

  get attempt(): Attempt {
    if (this.#attempt === undefined) throw new Error('not opened');
    return this.#attempt;
  }

  opens(endpoint: Endpoint, head: OutgoingHead): this {
    this.#attempt = endpoint.open(head, this);
    return this;
  }

  /** Settles at the end of whatever kind. */
  get ended(): Promise<this> {
    return this.#ended.promise;
  }

  /** Settles at the final head, or at the end. */
  get headed(): Promise<this> {
    return this.#headed.promise;
  }

  /** Settles at the first bytes of the body, or at the end. */
  get gotBody(): Promise<this> {
    return this.#bodied.promise;
  }

  onInformational(status: number, headers: FlatHeaders): void {
    this.events.push(`informational ${status}`);
    this.informational.push({ status, headers });
  }

  onHead(status: number, headers: FlatHeaders): void {
    this.events.push(`head ${status}`);
    this.status = status;
    this.headers = headers;
    this.#headed.resolve(this);
  }

  onData(chunk: Buffer): void {
    this.bodyBytes += chunk.length;
    this.#bodied.resolve(this);
    if (this.body.length < 65_536) this.body += chunk.toString('latin1');
  }

  onEnd(trailers: FlatHeaders): void {
    this.trailers = trailers;
    this.#end('end');
  }

  onUpgrade(headers: FlatHeaders, socket: Duplex): void {
    this.headers = headers;
    this.socket = socket;
    this.#end('upgrade');
  }

  onError(error: SallyportError, sent: Sent): void {
    this.error = error;
    this.sent = sent;
    this.#end(`error ${error.code} ${sent}`);
  }

  onDrain(): void {
    this.drains++;
  }

  #end(event: string): void {
    this.events.push(event);
    this.#headed.resolve(this);
    this.#bodied.resolve(this);
    this.#ended.resolve(this);
  }
}

/** A GET of `/` for `app.test`, with what is given instead. */
export function outgoing(head: Partial<OutgoingHead> = {}): OutgoingHead {
  return {
    method: 'GET',
    target: '/',
    headers: ['host', 'app.test'],
    contentLength: 0,
    upgrade: undefined,
    isFresh: false,
    ...head,
  };
}
