// Looks, again and again, whether the addresses of an upstream are well: by a request, a connection, or gRPC's own protocol
// for that. Over connections that prove the same as those of requests.
import { setTimeout as delay } from 'node:timers/promises';
import type { SallyportError } from '../core/errors.ts';
import type { FlatHeaders } from '../core/flat-headers.ts';
import { headerValue } from '../core/flat-headers.ts';
import { jittered } from '../core/jitter.ts';
import type { AttemptSink, OutgoingHead } from './contract.ts';
import type { CheckThresholds, EndpointHealth } from './health.ts';
import { type PoolSource, PooledEndpoint } from './pooled-endpoint.ts';
import { type PoolSettings, poolKey } from './pool-settings.ts';

export interface HealthCheck {
  readonly probe:
    | {
        readonly kind: 'http';
        readonly path: string;
        readonly host: string | undefined;
        readonly statuses: StatusRanges;
      }
    | { readonly kind: 'tcp' }
    /** `service`: '' asks about the server as a whole. */
    | { readonly kind: 'grpc'; readonly service: string };
  readonly timeoutMs: number;
  readonly intervalMs: number;
  readonly thresholds: CheckThresholds;
}

/** Each from `start` to before `end`. */
export type StatusRanges = readonly { readonly start: number; readonly end: number }[];

export interface CheckedEndpoint {
  readonly pool: PoolSettings;
  readonly checks: readonly HealthCheck[];
  readonly health: EndpointHealth | undefined;
}

/** Every check that is under way. */
export class HealthChecks {
  readonly #source: PoolSource;
  readonly #running = new Map<string, AbortController>();

  constructor(source: PoolSource) {
    this.#source = source;
  }

  /** These are looked at from now on, and nothing else; one that was already goes on as it was. */
  follow(checked: readonly CheckedEndpoint[]): void {
    const wanted = new Map(checked.map((one) => [keyOf(one), one]));
    for (const [key, running] of this.#running)
      if (!wanted.has(key)) {
        running.abort();
        this.#running.delete(key);
      }
    for (const [key, one] of wanted) {
      if (this.#running.has(key) || one.health === undefined) continue;
      const stop = new AbortController();
      this.#running.set(key, stop);
      for (const check of one.checks) void this.#run(one.pool, check, one.health, stop.signal);
    }
  }

  stop(): void {
    this.follow([]);
  }

  async #run(
    pool: PoolSettings,
    check: HealthCheck,
    health: EndpointHealth,
    signal: AbortSignal,
  ): Promise<void> {
    const { intervalMs, thresholds } = check;
    while (!signal.aborted) {
      const fault = await this.#probe(pool, check);
      if (signal.aborted) return;
      health.noteCheck(fault, thresholds, performance.now());
      await delay(jittered(intervalMs), undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** What is wrong; undefined: nothing. */
  async #probe(pool: PoolSettings, { probe, timeoutMs }: HealthCheck): Promise<string | undefined> {
    if (probe.kind === 'tcp') return await this.#connectFault({ ...pool, connectTimeoutMs: timeoutMs });
    const timeouts = { waitMs: timeoutMs, headersMs: timeoutMs, idleMs: timeoutMs };
    const endpoint = new PooledEndpoint(pool, timeouts, this.#source);
    return await new Promise((resolve) => {
      const isGrpc = probe.kind === 'grpc';
      const sink = new ProbeSink(
        resolve,
        isGrpc ? grpcFault : (status) => statusFault(status, probe.statuses),
      );
      const attempt = endpoint.open(
        isGrpc ? GRPC_HEAD(endpoint.authority) : httpHead(probe, endpoint.authority),
        sink,
      );
      if (!isGrpc) return;
      attempt.write(grpcMessage(probe.service));
      attempt.end();
    });
  }

  async #connectFault(pool: PoolSettings): Promise<string | undefined> {
    return await new Promise((resolve) =>
      this.#source.connector(pool)((error, socket) => {
        socket?.destroy();
        resolve(error === null ? undefined : `cannot be connected to: ${error.message}`);
      }),
    );
  }
}

function keyOf({ pool, checks }: CheckedEndpoint): string {
  return `${poolKey(pool)} ${JSON.stringify(checks)}`;
}

const AGENT = ['user-agent', 'sallyport-health-check'];

function httpHead(
  { path, host }: { readonly path: string; readonly host: string | undefined },
  authority: string,
): OutgoingHead {
  const headers = ['host', host ?? authority, ...AGENT];
  return { method: 'GET', target: path, headers, contentLength: 0, upgrade: undefined, isFresh: false };
}

/** https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
const GRPC_HEAD = (authority: string): OutgoingHead => ({
  method: 'POST',
  target: '/grpc.health.v1.Health/Check',
  headers: ['host', authority, ...AGENT, 'content-type', 'application/grpc'],
  contentLength: undefined,
  upgrade: undefined,
  isFresh: false,
});

/** HealthCheckRequest with its one field, in a frame of gRPC. */
function grpcMessage(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.of(0x0a, name.length), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** SERVING is 1, in field 1 of HealthCheckResponse. */
const SERVING = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

function grpcFault(status: number, body: Buffer, trailers: FlatHeaders): string | undefined {
  const grpcStatus = headerValue(trailers, 'grpc-status');
  if (status === 200 && grpcStatus === '0' && body.equals(SERVING)) return undefined;
  return `is not SERVING (status ${status}, grpc-status ${grpcStatus ?? 'none'})`;
}

function statusFault(status: number, ranges: StatusRanges): string | undefined {
  return ranges.some(({ start, end }) => status >= start && status < end) ? undefined : `answers ${status}`;
}

type Judge = (status: number, body: Buffer, trailers: FlatHeaders) => string | undefined;

/** Of an answer that is long, the beginning. */
const MAX_BODY = 1024;

class ProbeSink implements AttemptSink {
  readonly #done: (fault: string | undefined) => void;
  readonly #judge: Judge;
  #status = 0;
  #headers: FlatHeaders = [];
  #body = Buffer.alloc(0);

  constructor(done: (fault: string | undefined) => void, judge: Judge) {
    this.#done = done;
    this.#judge = judge;
  }

  onInformational(): void {}

  onDrain(): void {}

  onHead(status: number, headers: FlatHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onData(chunk: Buffer): void {
    if (this.#body.length < MAX_BODY) this.#body = Buffer.concat([this.#body, chunk]);
  }

  onEnd(trailers: FlatHeaders): void {
    // Trailers-Only has them in its head.
    this.#done(this.#judge(this.#status, this.#body, [...trailers, ...this.#headers]));
  }

  onUpgrade(): void {
    this.#done('switches protocols unasked');
  }

  onError(error: SallyportError): void {
    this.#done(error.message);
  }
}
