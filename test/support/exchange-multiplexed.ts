// An in-memory edge with the semantics of HTTP/2, so that the exchange is proven not to be HTTP/1.1 in disguise: streams
// side by side on one connection, reset and back-pressure for each, no reason phrase, no Connection field, upgrade as
// extended CONNECT, trailers both ways, an answer that may end before its request.
import { SallyportError } from '../../src/core/errors.ts';
import type { FlatHeaders } from '../../src/core/flat-headers.ts';
import type {
  Disposition,
  Exchange,
  ExchangeEvents,
  RequestBodySink,
  RequestHead,
  ResponseLength,
  Tunnel,
  TunnelEvents,
} from '../../src/exchange/exchange.ts';
import {
  CONNECT_TARGET,
  type ClientAnswer,
  type ClientRequest,
  type ClientStream,
  contractConnection,
  emptyAnswer,
  type Implementation,
} from './exchange-client.ts';

/** Flow-control window of a stream towards the client. */
const WINDOW = 65_536;

export const multiplexed: Implementation = {
  name: 'in-memory multiplexed connection',
  isMultiplexed: true,
  connect: (service) => ({
    request(request) {
      const stream = new MemoryStream(request);
      process.nextTick(() => service.serve(stream));
      return stream.client;
    },
  }),
};

class MemoryStream implements Exchange {
  readonly connection = contractConnection;
  readonly request: RequestHead;
  readonly startedAt = performance.now();
  readonly client: ClientStream;
  bytesIn = 0;
  bytesOut = 0;
  isRequestComplete: boolean;
  readonly #answer: ClientAnswer = emptyAnswer();
  #events: ExchangeEvents | undefined;
  #tunnel: TunnelEvents | undefined;
  #sink: RequestBodySink | undefined;
  #isReading = false;
  #inbox: Buffer[] = [];
  #trailers: FlatHeaders = [];
  #hasClientEnded = false;
  #isClientPaused = false;
  #outbox: Buffer[] = [];
  #outboxBytes = 0;
  #owed = Infinity;
  #isEnded = false;
  #isClosed = false;

  constructor(request: ClientRequest) {
    const { path = '/', headers = [], contentLength, hasBody = false, upgrade = false } = request;
    const { connect = false, method = 'GET' } = request;
    this.request = {
      method: connect ? 'CONNECT' : method,
      authority: connect ? CONNECT_TARGET : 'app.example.com',
      target: connect ? CONNECT_TARGET : path,
      version: 'HTTP/2',
      headers,
      contentLength: contentLength ?? (hasBody ? undefined : 0),
      upgrade: upgrade ? 'websocket' : undefined,
    };
    this.isRequestComplete = this.request.contentLength === 0;
    this.client = {
      answer: this.#answer,
      write: (data) => this.#takeData(Buffer.from(data)),
      end: (trailers = []) => this.#takeEnd(trailers),
      reset: () => this.#close(new SallyportError('client_closed')),
      pause: () => {
        this.#isClientPaused = true;
      },
      resume: () => {
        this.#isClientPaused = false;
        this.#flush();
      },
    };
  }

  // From the client

  #takeData(data: Buffer): void {
    this.#inbox.push(data);
    this.#deliver();
  }

  #takeEnd(trailers: FlatHeaders): void {
    this.#hasClientEnded = true;
    this.#trailers = trailers;
    this.#deliver();
  }

  #deliver(): void {
    if (!this.#isReading || this.#isClosed) return;
    for (let data = this.#inbox.shift(); data !== undefined; data = this.#inbox.shift()) {
      this.bytesIn += data.length;
      if (this.#tunnel === undefined) this.#sink?.onData(data);
      else this.#tunnel.onData(data);
      if (!this.#isReading) return;
    }
    if (!this.#hasClientEnded) return;
    this.#hasClientEnded = false;
    this.isRequestComplete = true;
    if (this.#tunnel === undefined) this.#sink?.onEnd(this.#trailers);
    else this.#tunnel.onEnd();
  }

  #close(error: SallyportError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#answer.end ??= 'cut';
    if (this.#tunnel !== undefined) this.#tunnel.onClose(undefined);
    else if (!this.isRequestComplete) this.#sink?.onAbort(error);
    this.#events?.onClose(error);
  }

  // The exchange

  listen(events: ExchangeEvents): void {
    this.#events = events;
  }

  readBody(sink: RequestBodySink): void {
    this.#sink = sink;
    if (this.request.contentLength === 0) sink.onEnd([]);
    else this.resumeBody();
  }

  pauseBody(): void {
    this.#isReading = false;
  }

  resumeBody(): void {
    this.#isReading = true;
    this.#deliver();
  }

  inform(status: number): void {
    this.#answer.informational.push(status);
  }

  respond(status: number, headers: FlatHeaders, length: ResponseLength): void {
    if (this.#answer.status !== undefined) throw new SallyportError('internal', 'answered twice');
    this.#answer.status = status;
    this.#answer.headers =
      typeof length === 'number' ? [...headers, 'content-length', String(length)] : headers;
    const isBodiless =
      this.request.method === 'HEAD' || status === 204 || status === 304 || length === 'none';
    this.#owed = isBodiless ? 0 : length === 'until_end' ? Infinity : length;
  }

  write(chunk: Buffer): boolean {
    if (this.#isClosed) return false;
    const piece = chunk.subarray(0, Math.min(chunk.length, this.#owed));
    this.#owed -= piece.length;
    this.bytesOut += piece.length;
    this.#outbox.push(piece);
    this.#outboxBytes += piece.length;
    this.#flush();
    return this.#outboxBytes < WINDOW;
  }

  end(trailers: FlatHeaders = []): void {
    this.#answer.trailers = trailers;
    this.#isEnded = true;
    this.#flush();
  }

  /** Towards the client, unless it has closed its window. */
  #flush(): void {
    if (this.#isClientPaused) return;
    const wasFull = this.#outboxBytes >= WINDOW;
    this.#answer.body = Buffer.concat([this.#answer.body, ...this.#outbox]);
    this.#outbox = [];
    this.#outboxBytes = 0;
    if (wasFull) process.nextTick(() => (this.#tunnel ?? this.#events)?.onDrain());
    if (this.#isEnded && (this.#owed === 0 || this.#owed === Infinity)) this.#answer.end ??= 'whole';
  }

  upgrade(headers: FlatHeaders, events: TunnelEvents): Tunnel {
    this.respond(200, headers, 'until_end');
    this.#tunnel = events;
    process.nextTick(() => this.resumeBody());
    return {
      write: (chunk) => this.write(chunk),
      end: () => {
        this.end();
        this.#closeTunnel();
      },
      destroy: () => this.#closeTunnel(),
      pause: () => this.pauseBody(),
      resume: () => this.resumeBody(),
    };
  }

  #closeTunnel(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#answer.end ??= 'cut';
    process.nextTick(() => this.#tunnel?.onClose(undefined));
  }

  revoke(error: SallyportError): 'in_flight' | 'tunnel' {
    const state = this.#tunnel === undefined ? 'in_flight' : 'tunnel';
    this.#events?.onClose(error);
    this.#tunnel?.onClose(error);
    return state;
  }

  settle(disposition: Disposition): Disposition {
    this.#isClosed = true;
    this.#events = undefined;
    this.#sink = undefined;
    const isWhole = this.#isEnded && (this.#owed === 0 || this.#owed === Infinity);
    if (disposition === 'abort' || !isWhole) this.#answer.end ??= 'cut';
    else this.#flush();
    return disposition;
  }
}
