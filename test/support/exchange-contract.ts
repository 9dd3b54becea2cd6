// The promises of src/exchange/exchange.ts, asked of every implementation by one suite.
import type { Test } from 'tap';
import type { SallyportError } from '../../src/core/errors.ts';
import type { FlatHeaders } from '../../src/core/flat-headers.ts';
import type { Exchange, RequestBodySink } from '../../src/exchange/exchange.ts';
import type { ContractClient, Implementation } from './exchange-client.ts';
import { serveWith } from './exchange-client.ts';
import { until } from './until.ts';

/** Collects what an exchange tells its service. */
export class Recorder implements RequestBodySink {
  body = '';
  trailers: FlatHeaders | undefined;
  ends = 0;
  drains = 0;
  readonly aborts: SallyportError[] = [];
  readonly closes: SallyportError[] = [];
  readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    exchange.listen({
      onDrain: () => void this.drains++,
      onClose: (error) => void this.closes.push(error),
    });
  }

  onData(chunk: Buffer): void {
    this.body += chunk.toString('latin1');
  }

  onEnd(trailers: FlatHeaders): void {
    this.ends++;
    this.trailers = trailers;
  }

  onAbort(error: SallyportError): void {
    this.aborts.push(error);
  }
}

export interface Bench {
  readonly client: ContractClient;
  /** The n-th exchange, with its recorder listening. */
  readonly exchange: (n: number) => Promise<Recorder>;
}

export function benchOf(implementation: Implementation): Bench {
  const recorders: Recorder[] = [];
  const service = serveWith((exchange) => void recorders.push(new Recorder(exchange)));
  return { client: implementation.connect(service), exchange: (n) => until(() => recorders[n]) };
}

export type Contract = (t: Test, bench: Bench, implementation: Implementation) => Promise<void>;
