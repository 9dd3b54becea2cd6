// What the rooms report about themselves: plain records, handed to one injected Observer. Injected, not a process-wide
// channel, so that two proxies in one process do not hear each other (docs/decisions/0002-observer.md). An Observer
// never throws and never waits.
import type { FlatHeaders } from './flat-headers.ts';
import type { Issue } from './issue.ts';

/** Who is calling, from a verified certificate. Made once a connection. */
export interface ClientRecord {
  /** RFC 4514 string. */
  readonly subject: string;
  /** `dns:a.example`, `email:…`, `uri:…`, `ip:…`, `upn:…`. */
  readonly subjectAltNames: readonly string[];
  /** Lower-case hex. */
  readonly sha256: string;
  /** Lower-case hex. */
  readonly serial: string;
}

/** What an exchange's line says about its connection. Made once a connection and shared by all of its exchanges. */
export interface ConnectionRecord {
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** From the ClientHello, in normal form; undefined when none was sent. */
  readonly sni: string | undefined;
  /** `TLSv1.3` or `TLSv1.2`. */
  readonly tlsVersion: string;
  readonly cipher: string;
  readonly isResumed: boolean;
  readonly handshakeMs: number;
  /** Address of the trusted proxy that asks on behalf of `remoteAddress`; undefined: it asks for itself. */
  readonly forwardedBy: string | undefined;
  /** Undefined where no valid certificate was shown. */
  readonly client: ClientRecord | undefined;
}

/** One attempt at an app, as a span of its own. */
export interface AttemptTrace {
  /** Lower-case hex, as are all ids. */
  readonly spanId: string;
  /** As in `ExchangeRecord`. */
  readonly endpoint: string;
  /** Path and query that the app was asked for. */
  readonly target: string;
  /** Milliseconds from the first byte of the head. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** 0 when no head came. */
  readonly status: number;
  readonly error: string | undefined;
}

/** What the exchange is in a distributed trace. */
export interface TraceRecord {
  readonly traceId: string;
  readonly spanId: string;
  /** The client's span; undefined: the trace begins here. */
  readonly parentSpanId: string | undefined;
  /** `tracestate` of the client; '' for none. */
  readonly state: string;
  /** Whether spans are recorded; there are no attempts where they are not. */
  readonly isSampled: boolean;
  readonly attempts: readonly AttemptTrace[];
}

/** One exchange, reported once, when it is settled, however it ended. Undefined: the exchange did not get that far. */
export interface ExchangeRecord {
  /** Milliseconds since the epoch when the first byte of the head was seen. */
  readonly time: number;
  readonly requestId: string;
  /** Undefined where nothing is traced. */
  readonly trace: TraceRecord | undefined;
  readonly connection: ConnectionRecord;
  readonly method: string;
  /** Normalised where it could be, else as sent. */
  readonly host: string;
  /** Normalised where it could be, else as sent; without query. Of a CONNECT `:port`. */
  readonly path: string;
  /** With its `?`, or ''. */
  readonly query: string;
  /** `HTTP/1.1` */
  readonly version: string;
  /** As sent; only the configured ones are written down. */
  readonly requestHeaders: FlatHeaders;

  readonly route: string | undefined;
  /** Name of the group. */
  readonly upstream: string | undefined;
  /** Name of the one address that answered, or was tried last. */
  readonly endpoint: string | undefined;
  readonly attempts: number;

  /** Sent to the client; 0 when no head was. */
  readonly status: number;
  /** Code of the error table, when it was not an app that answered or the answer was cut. */
  readonly error: string | undefined;
  /** Finer than `error`: why a certificate or a grant was refused, machine-readable. */
  readonly reason: string | undefined;
  /** For the operator, in words; never shown to clients. */
  readonly detail: string | undefined;
  /** Why a policy that is only watched would have refused it. */
  readonly wouldDeny: string | undefined;
  readonly disposition: 'keep' | 'retire' | 'abort';

  /** Body bytes. */
  readonly bytesIn: number;
  readonly bytesOut: number;

  /** Milliseconds from the first byte of the head: until an endpoint was chosen, its head was there, all was over. */
  readonly directedMs: number | undefined;
  readonly firstByteMs: number | undefined;
  readonly totalMs: number;
  /** Milliseconds the last attempt waited for a connection to the app; undefined where one was ready. */
  readonly connectMs: number | undefined;
}

/** TLS is done. */
export interface HandshakeRecord {
  /** `TLSv1.3` or `TLSv1.2`. */
  readonly tlsVersion: string;
  readonly isResumed: boolean;
  /** What the client showed. `none` also where nobody asked for one. */
  readonly certificate: 'verified' | 'refused' | 'none';
}

/** A connection that never carried an exchange, because TLS or the certificate failed. */
export interface HandshakeFailure {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly sni: string | undefined;
  /** Where it ended: reading the ClientHello, in TLS itself, or at the verdict on the certificate. */
  readonly phase: 'peek' | 'tls' | 'certificate';
  /** Machine-readable: a RefusalReason, `timeout`, `not_tls`, or the code of the TLS library in lower case. */
  readonly reason: string;
  readonly detail: string | undefined;
  /** Of the certificate shown; undefined where there was none to read. */
  readonly serial: string | undefined;
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
}

/** A connection closed right after accept, because a limit was reached. */
export interface ConnectionRefused {
  readonly time: number;
  readonly remoteAddress: string;
  readonly cap:
    'connections' | 'connections_per_address' | 'handshakes' | 'failed_handshakes' | 'memory' | 'draining';
  /** Of that cap. */
  readonly limit: number;
}

/** A connection, or an exchange on it, that is ended because its client may be there no longer. */
export interface RevocationRecord {
  readonly time: number;
  /** As in `ConnectionRecord`. */
  readonly connectionId: number;
  readonly remoteAddress: string;
  readonly sni: string | undefined;
  /** Of the client's certificate; undefined where it showed none. */
  readonly subject: string | undefined;
  readonly serial: string | undefined;
  readonly sha256: string | undefined;
  /** What changed: what is held of the certificate, or who may use the route. */
  readonly cause: 'certificate' | 'policy';
  /** Machine-readable: a RefusalReason, or the policy's. */
  readonly reason: string;
  readonly detail: string | undefined;
  /** What it was doing: nothing, an exchange, or carrying a tunnel such as a WebSocket. */
  readonly state: 'idle' | 'in_flight' | 'tunnel';
}

/** A connection whose TLS passed through, reported once, when it is over. */
export interface PassthroughRecord {
  readonly time: number;
  readonly connectionId: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly sni: string;
  readonly route: string;
  /** The target that was connected to, or tried last; undefined: none was. */
  readonly endpoint: string | undefined;
  readonly attempts: number;
  /** From the client and to it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly totalMs: number;
  readonly connectMs: number | undefined;
  /**
   * Why it did not end in peace: `denied`, `upstream_unreachable`, `client_closed`, `upstream_closed`, `idle_timeout`,
   * `revoked`.
   */
  readonly error: string | undefined;
  readonly reason: string | undefined;
}

/** A client certificate that somebody asked for, given or not. */
export interface EnrolmentRecord {
  readonly time: number;
  readonly requestId: string;
  readonly remoteAddress: string;
  /** What was shown: the token of an invitation, or the certificate that is to be renewed. */
  readonly by: 'invitation' | 'certificate';
  /** Machine-readable: why none was given; undefined: one was. */
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  /** The new certificate; where none was given, the one shown, if one was. */
  readonly client: ClientRecord | undefined;
  /** End of the new certificate. */
  readonly notAfter: number | undefined;
}

export interface Reload {
  readonly time: number;
  readonly result: 'applied' | 'unchanged' | 'refused';
  /** What set it off; `crl`: a revocation list that was fetched, and nothing else is looked at. */
  readonly trigger: 'signal' | 'file' | 'call' | 'crl' | 'certificate';
  readonly durationMs: number;
  /** With places, where they are known: `routes.yaml:14:7 routes[2].to: …`. */
  readonly issues: readonly (Issue | string)[];
}

export interface Lifecycle {
  readonly time: number;
  readonly event:
    | 'starting'
    | 'listening'
    | 'draining'
    | 'closed'
    | 'certificate_obtained'
    | 'upstream_healthy'
    | 'upstream_resolved';
  /** One sentence, such as the addresses listened on, or what is still in flight. */
  readonly detail: string;
}

/** Something an operator should look at, that stops nothing. */
export interface Warning {
  readonly time: number;
  /** Machine-readable, stable: `certificate_expires_soon`. */
  readonly code: string;
  /** One sentence. */
  readonly detail: string;
  readonly cause?: unknown;
}

export interface Observer {
  exchange(record: ExchangeRecord): void;
  handshake(record: HandshakeRecord): void;
  handshakeFailure(record: HandshakeFailure): void;
  connectionRefused(record: ConnectionRefused): void;
  revocation(record: RevocationRecord): void;
  passthrough(record: PassthroughRecord): void;
  enrolment(record: EnrolmentRecord): void;
  reload(record: Reload): void;
  lifecycle(record: Lifecycle): void;
  warning(record: Warning): void;
}

const ignore = (): void => {};

/** Hears nothing: for tests and for embedding without a log. */
export const silentObserver: Observer = {
  exchange: ignore,
  handshake: ignore,
  handshakeFailure: ignore,
  connectionRefused: ignore,
  revocation: ignore,
  passthrough: ignore,
  enrolment: ignore,
  reload: ignore,
  lifecycle: ignore,
  warning: ignore,
};

/** Tells two. */
export function bothObservers(one: Observer, other: Observer): Observer {
  const both =
    <Kind extends keyof Observer>(kind: Kind) =>
    (record: Parameters<Observer[Kind]>[0]): void => {
      (one[kind] as (record: unknown) => void)(record);
      (other[kind] as (record: unknown) => void)(record);
    };
  return {
    exchange: both('exchange'),
    handshake: both('handshake'),
    handshakeFailure: both('handshakeFailure'),
    connectionRefused: both('connectionRefused'),
    revocation: both('revocation'),
    passthrough: both('passthrough'),
    enrolment: both('enrolment'),
    reload: both('reload'),
    lifecycle: both('lifecycle'),
    warning: both('warning'),
  };
}
