// The client's view of an exchange, whatever carries it: what the contract suite asks of an implementation.
import type { FlatHeaders } from '../../src/core/flat-headers.ts';
import type { Connection } from '../../src/exchange/connection.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import type { Service } from '../../src/exchange/service.ts';

export interface ClientRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: FlatHeaders;
  /** Bytes announced; undefined with `hasBody` for a body whose end only the stream tells. */
  readonly contentLength?: number;
  readonly hasBody?: boolean;
  /** Asks for `websocket`. */
  readonly upgrade?: boolean;
  /** CONNECT to `CONNECT_TARGET`. */
  readonly connect?: boolean;
  readonly expectsContinue?: boolean;
}

export const CONNECT_TARGET = 'app.example.com:443';

/** What has come back so far. */
export interface ClientAnswer {
  readonly informational: number[];
  status: number | undefined;
  headers: FlatHeaders;
  body: Buffer;
  trailers: FlatHeaders;
  /** `whole`: ended as announced; `cut`: broken off. */
  end: 'whole' | 'cut' | undefined;
}

/** One request as its client sees it. */
export interface ClientStream {
  readonly answer: ClientAnswer;
  write(data: Buffer | string): void;
  end(trailers?: FlatHeaders): void;
  /** Goes away in the middle. */
  reset(): void;
  /** Stops taking what comes, and starts again. */
  pause(): void;
  resume(): void;
}

/** A connection of one client. */
export interface ContractClient {
  request(request: ClientRequest): ClientStream;
}

export interface Implementation {
  readonly name: string;
  /** Whether requests on one connection go on side by side. */
  readonly isMultiplexed: boolean;
  /** Whether the answer is told the end of the connection (`Connection: close`). */
  connect(service: Service): ContractClient;
}

/** Serves by handing every exchange to the test. */
export function serveWith(onExchange: (exchange: Exchange) => void): Service {
  return {
    serve: onExchange,
    refuse: (exchange) => {
      exchange.respond(400, [], 0, true);
      exchange.end();
      exchange.settle('retire');
    },
  };
}

export const contractConnection: Connection = {
  id: 1,
  remoteAddress: '192.0.2.1',
  remotePort: 4711,
  localAddress: '192.0.2.2',
  localPort: 443,
  sni: 'app.example.com',
  alpn: '',
  group: 'default',
  demandsCertificate: false,
  tlsVersion: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  isResumed: false,
  handshakeMs: 1,
  verdict: () => undefined,
};

export function emptyAnswer(): ClientAnswer {
  return {
    informational: [],
    status: undefined,
    headers: [],
    body: Buffer.alloc(0),
    trailers: [],
    end: undefined,
  };
}
