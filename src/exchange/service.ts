// What the edge hands exchanges to: the pipeline, seen from below.
import type { SallyportError } from '../core/errors.ts';
import type { Exchange } from './exchange.ts';

export interface Service {
  /** A request whose head has arrived whole and well-formed. Never throws. */
  serve(exchange: Exchange): void;
  /** What arrived is no request; its head is a stand-in. The connection must be retired. Never throws. */
  refuse(exchange: Exchange, error: SallyportError): void;
}
