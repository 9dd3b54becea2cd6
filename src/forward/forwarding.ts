// One exchange on its way to an app and back: the attempts, the bytes both ways, the outcome. Two sides that never wait
// for each other longer than back-pressure asks: what one cannot take, the other stops reading.
import type { Duplex } from 'node:stream';
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import type { Exchange, ResponseLength } from '../exchange/exchange.ts';
import type { AttemptSink, Endpoint, Sent } from '../upstream/contract.ts';
import type { BodySource } from './buffered-body.ts';
import { ClientSide } from './client-side.ts';
import {
  type AnswerHead,
  type CompressionSettings,
  codingFor,
  noteCoding,
  withoutDigests,
} from './compression.ts';
import { Compressor } from './compressor.ts';
import { type AttemptKind, type AttemptParts, CountedAttempt, type Endpoints } from './counted-attempt.ts';
import { Hedge } from './hedge.ts';
import { answerFields, answerLength, isSwitchTo } from './incoming.ts';
import type { ForwardPlan } from './outgoing.ts';
import { mayDialAnother, mayHedge, mayRetry } from './retry.ts';
import { splice } from './splice.ts';
import { isWebsocketAccepted } from './websocket.ts';

/** Told once how it ended. */
export interface Outcome {
  /** The answer, or the tunnel, ran to its end. */
  onDone(): void;
  /** Nothing was answered yet: say so to the client. */
  onRefused(error: SallyportError): void;
  /** The answer had begun: it must be cut. */
  onCut(error: SallyportError): void;
  /** Called before an answer's head is written; may change `fields`. */
  onAnswer(status: number, fields: string[]): void;
}

export class Forwarding implements AttemptSink {
  readonly #exchange: Exchange;
  readonly #plan: ForwardPlan;
  readonly #parts: AttemptParts;
  readonly #outcome: Outcome;
  readonly #body: BodySource;
  #current: CountedAttempt | undefined;
  #hedge: Hedge | undefined;
  #compressor: Compressor | undefined;
  #answerBytes = 0;
  #hasAnswered = false;
  #isOver = false;
  /** The endpoint of the attempt that counts, or did last. */
  endpoint: Endpoint;
  attempts = 0;
  status = 0;
  /** `performance.now()` when the head of the answer was there. */
  answeredAt: number | undefined;

  constructor(
    exchange: Exchange,
    plan: ForwardPlan,
    endpoint: Endpoint,
    rest: { endpoints: Endpoints; outcome: Outcome; body: BodySource },
  ) {
    this.#exchange = exchange;
    this.#plan = plan;
    this.#parts = { exchange, plan, endpoints: rest.endpoints };
    this.#outcome = rest.outcome;
    this.#body = rest.body;
    this.endpoint = endpoint;
  }

  start(): void {
    const client = new ClientSide(this.#exchange, this.#body, this);
    this.#exchange.listen(client);
    this.#open();
    // Bodies of failed first attempts are never sent again, so there is nothing to keep of them.
    if (this.#plan.contentLength !== 0) this.#body.readBody(client);
  }

  #open(): void {
    const { hedgeAfterMs, contentLength, upgrade } = this.#plan;
    const { method } = this.#exchange.request;
    if (hedgeAfterMs === undefined || !mayHedge({ method, contentLength, upgrade }))
      this.#current = this.#ask('first', this.endpoint, this);
    else
      this.#hedge = new Hedge({
        afterMs: hedgeAfterMs,
        sink: this,
        askFirst: (sink) => this.#ask('first', this.endpoint, sink),
        askSecond: (sink) => this.#askAnother(sink),
        onChosen: (chosen) => {
          this.#current = chosen;
          this.endpoint = chosen.endpoint;
        },
      });
  }

  #ask(kind: AttemptKind, endpoint: Endpoint, sink: AttemptSink): CountedAttempt {
    this.attempts++;
    return new CountedAttempt(this.#parts, endpoint, kind, sink);
  }

  #askAnother(sink: AttemptSink): CountedAttempt | undefined {
    const { endpoints, plan } = this.#parts;
    if (endpoints.isFull || !endpoints.beginRetry()) return undefined;
    const endpoint = endpoints.pick({ not: this.endpoint, key: plan.key });
    if (endpoint !== undefined && endpoint !== this.endpoint) return this.#ask('hedge', endpoint, sink);
    endpoints.endRetry();
    return undefined;
  }

  // From the client's side

  get maxBodyBytes(): number {
    return this.#plan.maxBodyBytes;
  }

  /** False: stop until `onDrain`. */
  sendBody(chunk: Buffer): boolean {
    return this.#current?.attempt.write(chunk) ?? true;
  }

  endBody(trailers: FlatHeaders): void {
    this.#current?.attempt.end(this.#plan.callerHeaders.removed?.without(trailers) ?? trailers);
  }

  resumeAnswer(): void {
    if (this.#compressor === undefined) this.#current?.attempt.resume();
    else this.#compressor.resume();
  }

  /** From the client: gone, or its body will never be whole. The app must not see it end as if it were. */
  giveUp(error: SallyportError): void {
    this.#hedge?.stop();
    this.#current?.attempt.abort();
    this.#fail(error);
  }

  // From the app

  onInformational(status: number, headers: FlatHeaders): void {
    if (!this.#isOver) this.#exchange.inform(status, answerFields(headers));
  }

  onHead(status: number, headers: FlatHeaders): void {
    if (this.#isOver) return;
    this.answeredAt = performance.now();
    this.status = status;
    const { compression, maxAnswerBytes } = this.#plan;
    let length = answerLength(this.#exchange.request.method, status, headers);
    if (typeof length === 'number' && length > maxAnswerBytes) return this.#refuseLength();
    const fields = answerFields(headers);
    this.#outcome.onAnswer(status, fields);
    if (compression !== undefined) length = this.#compress(compression, { status, fields, length });
    try {
      this.#exchange.respond(status, fields, length);
      this.#hasAnswered = true;
    } catch (error) {
      this.giveUp(new SallyportError('upstream_protocol', 'header fields that cannot be written', error));
    }
  }

  onData(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#answerBytes += chunk.length;
    if (this.#answerBytes > this.#plan.maxAnswerBytes) return this.#refuseLength();
    const hasRoom =
      this.#compressor === undefined ? this.#exchange.write(chunk) : this.#compressor.write(chunk);
    if (!hasRoom) this.#current?.attempt.pause();
  }

  onEnd(trailers: FlatHeaders): void {
    if (this.#isOver) return;
    this.#current?.answered(this.status);
    if (this.#compressor === undefined) this.#finish(trailers);
    else this.#compressor.end(withoutDigests(trailers));
  }

  #refuseLength(): void {
    this.giveUp(new SallyportError('upstream_too_large', this.endpoint.name));
  }

  #finish(trailers: FlatHeaders): void {
    this.#isOver = true;
    this.#exchange.end(trailers);
    this.#outcome.onDone();
  }

  /** Returns how long the body will be for the client; the head says in which coding. */
  #compress(settings: CompressionSettings, answer: AnswerHead): ResponseLength {
    const { request } = this.#exchange;
    const coding = codingFor(settings, request, answer);
    if (coding === undefined) return answer.length;
    if (request.method === 'HEAD') {
      noteCoding(answer.fields, coding);
      return 'none';
    }
    this.#compressor = Compressor.open(coding, {
      onCompressed: (chunk) => this.#exchange.write(chunk),
      onRoom: () => this.#current?.attempt.resume(),
      onEnd: (trailers) => this.#finish(trailers),
      onError: (error) => this.giveUp(error),
    });
    if (this.#compressor === undefined) return answer.length;
    noteCoding(answer.fields, coding);
    return 'until_end';
  }

  onUpgrade(headers: FlatHeaders, socket: Duplex): void {
    if (this.#isOver || !this.#isAgreed(headers)) {
      socket.destroy();
      this.#fail(new SallyportError('upstream_upgrade'));
      return;
    }
    this.#isOver = true;
    this.status = this.#isConnect ? 200 : 101;
    this.answeredAt = performance.now();
    const fields = answerFields(headers);
    this.#outcome.onAnswer(this.status, fields);
    if (this.#plan.greeting !== undefined) socket.write(this.#plan.greeting);
    const onDone = (why: SallyportError | undefined): void => {
      this.#current?.answered(this.status, why);
      if (why === undefined) this.#outcome.onDone();
      else this.#outcome.onCut(why);
    };
    splice(this.#exchange, { fields, app: socket, limits: this.#plan.tunnelLimits, onDone });
  }

  /** An address behind CONNECT agrees by being there. */
  #isAgreed(headers: FlatHeaders): boolean {
    if (this.#isConnect) return true;
    const { upgrade } = this.#plan;
    return (
      upgrade !== undefined &&
      isSwitchTo(upgrade, headers) &&
      (upgrade !== 'websocket' || isWebsocketAccepted(this.#exchange.request.headers, headers))
    );
  }

  get #isConnect(): boolean {
    return this.#exchange.request.method === 'CONNECT';
  }

  onError(error: SallyportError, sent: Sent): void {
    const current = this.#current;
    if (this.#isOver || current === undefined) return;
    const { endpoints } = this.#parts;
    const mayTryAgain = this.#isConnect
      ? mayDialAnother(error, this.attempts, endpoints.endpoints.length)
      : !this.#hasAnswered && this.attempts === 1 && mayRetry(current.head, error, sent);
    if (mayTryAgain && endpoints.beginRetry()) this.#retry(current, error);
    else this.#fail(error);
  }

  onDrain(): void {
    if (!this.#isOver) this.#body.resumeBody();
  }

  #retry(failed: CountedAttempt, error: SallyportError): void {
    failed.failed(0, error);
    const choice = { not: this.endpoint, key: this.#plan.key };
    this.endpoint = this.#parts.endpoints.pick(choice) ?? this.endpoint;
    this.#current = this.#ask('retry', this.endpoint, this);
  }

  #fail(error: SallyportError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#current?.failed(this.status, error);
    this.#compressor?.destroy();
    if (this.#hasAnswered) this.#outcome.onCut(error);
    else this.#outcome.onRefused(error);
  }
}
