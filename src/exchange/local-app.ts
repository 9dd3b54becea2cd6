// What a part of Sallyport itself answers, where a route leads to no app. Its request has arrived whole.
import type { FlatHeaders } from '../core/flat-headers.ts';
import type { Observer } from '../core/observer.ts';
import type { Identity } from './identity.ts';

export interface LocalRequest {
  readonly method: string;
  /** In normal form, without query. */
  readonly path: string;
  readonly headers: FlatHeaders;
  readonly body: Buffer;
  readonly remoteAddress: string;
  /** Undefined where no valid certificate was shown. */
  readonly identity: Identity | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly requestId: string;
}

export interface LocalAnswer {
  readonly status: number;
  /** Without Date, framing and what every answer carries. */
  readonly fields: readonly string[];
  readonly body: Buffer;
}

export interface LocalApp {
  /** Of a request: a longer one is refused with 413. */
  readonly maxBodyBytes: number;
  answer(request: LocalRequest, observer: Observer): Promise<LocalAnswer>;
}
