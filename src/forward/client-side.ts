// What the client does, passed on. Beside `Forwarding`, because both sides have data, an end and a drain.
import { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import type { Exchange, ExchangeEvents, RequestBodySink } from '../exchange/exchange.ts';
import type { BodySource } from './buffered-body.ts';
import type { Forwarding } from './forwarding.ts';

export class ClientSide implements ExchangeEvents, RequestBodySink {
  readonly #exchange: Exchange;
  readonly #body: BodySource;
  readonly #forwarding: Forwarding;

  constructor(exchange: Exchange, body: BodySource, forwarding: Forwarding) {
    this.#exchange = exchange;
    this.#body = body;
    this.#forwarding = forwarding;
  }

  onData(chunk: Buffer): void {
    if (this.#exchange.bytesIn > this.#forwarding.maxBodyBytes)
      this.#forwarding.giveUp(new SallyportError('body_too_large'));
    else if (!this.#forwarding.sendBody(chunk)) this.#body.pauseBody();
  }

  onEnd(trailers: FlatHeaders): void {
    this.#forwarding.endBody(trailers);
  }

  onAbort(error: SallyportError): void {
    this.#forwarding.giveUp(error);
  }

  onDrain(): void {
    this.#forwarding.resumeAnswer();
  }

  onClose(error: SallyportError): void {
    this.#forwarding.giveUp(error);
  }
}
