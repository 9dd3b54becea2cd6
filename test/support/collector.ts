// A collector of traces: takes OTLP over HTTP as any does, and decodes it with another implementation than the one that
// wrote it, from the published definition.
import { once } from 'node:events';
import { type IncomingHttpHeaders, type RequestListener, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import protobuf from 'protobufjs';
import { makeTestPki } from './certificates.ts';
import { until } from './until.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

/** The part of opentelemetry-proto 1.x that spans are made of. */
const PROTO = `
syntax = "proto3";
message AnyValue {
  oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; }
}
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message InstrumentationScope { string name = 1; string version = 2; }
message Status { string message = 2; uint32 code = 3; }
message Span {
  bytes trace_id = 1;
  bytes span_id = 2;
  string trace_state = 3;
  bytes parent_span_id = 4;
  string name = 5;
  uint32 kind = 6;
  fixed64 start_time_unix_nano = 7;
  fixed64 end_time_unix_nano = 8;
  repeated KeyValue attributes = 9;
  Status status = 15;
  fixed32 flags = 16;
}
message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
`;

const requestType = protobuf.parse(PROTO, { keepCase: true }).root.lookupType('ExportTraceServiceRequest');

interface KeyValue {
  readonly key: string;
  readonly value: { readonly string_value?: string; readonly int_value?: string };
}

type Values = Readonly<Record<string, string | number | undefined>>;

export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for none. */
  readonly parentSpanId: string;
  readonly state: string;
  readonly name: string;
  readonly kind: 'server' | 'client';
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Values;
  readonly isError: boolean;
  readonly flags: number;
  /** Of the process. */
  readonly resource: Values;
}

interface RawSpan {
  readonly trace_id: Buffer;
  readonly span_id: Buffer;
  readonly parent_span_id?: Buffer;
  readonly trace_state?: string;
  readonly name: string;
  readonly kind: number;
  readonly start_time_unix_nano: string;
  readonly end_time_unix_nano: string;
  readonly attributes: KeyValue[];
  readonly status?: { readonly code: number };
  readonly flags: number;
}

interface RawMessage {
  readonly resource_spans: readonly {
    readonly resource: { readonly attributes: KeyValue[] };
    readonly scope_spans: readonly { readonly spans: RawSpan[] }[];
  }[];
}

export interface TestCollector {
  readonly url: string;
  readonly spans: SeenSpan[];
  /** Of every message. */
  readonly headers: IncomingHttpHeaders[];
  /** Subjects of the certificates that it was shown. */
  readonly clients: string[];
  /** What it answers, in turn; then 200. */
  readonly answers: { status: number; headers?: Record<string, string>; body?: Buffer }[];
  /** The n-th span whose kind it is. */
  span(kind: SeenSpan['kind'], n?: number): Promise<SeenSpan>;
}

/** `tls`: over HTTPS, demanding the certificate that apps are shown. */
export async function startCollector(t: Teardown, options: { tls?: boolean } = {}): Promise<TestCollector> {
  const spans: SeenSpan[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const clients: string[] = [];
  const answers: TestCollector['answers'] = [];
  const listener: RequestListener = (request, response) => {
    void buffer(request).then((body) => {
      headers.push(request.headers);
      const shown = (request.socket as TLSSocket).getPeerX509Certificate?.();
      if (shown !== undefined) clients.push(shown.subject);
      const answer = answers.shift() ?? { status: 200 };
      if (answer.status === 200 && request.url === '/v1/traces') spans.push(...spansIn(body));
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  };
  const server = options.tls === true ? createTlsServer(await proofs(), listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `${options.tls === true ? 'https' : 'http'}://localhost:${(server.address() as AddressInfo).port}`,
    spans,
    headers,
    clients,
    answers,
    span: (kind, n = 0) => until(() => spans.filter((span) => span.kind === kind)[n]),
  };
}

async function proofs() {
  const pki = await makeTestPki();
  const { certPem: cert, keyPem: key } = pki.app;
  return { cert, key, ca: pki.upstreamCa.certPem, requestCert: true };
}

export function spansIn(body: Buffer): SeenSpan[] {
  const decoded = requestType.toObject(requestType.decode(body), {
    longs: String,
    bytes: Buffer,
  }) as RawMessage;
  return decoded.resource_spans.flatMap(({ resource, scope_spans: scopes }) =>
    scopes.flatMap((scope) => scope.spans.map((span) => seen(span, valuesOf(resource.attributes)))),
  );
}

function seen(span: RawSpan, resource: Values): SeenSpan {
  return {
    traceId: span.trace_id.toString('hex'),
    spanId: span.span_id.toString('hex'),
    parentSpanId: span.parent_span_id?.toString('hex') ?? '',
    state: span.trace_state ?? '',
    name: span.name,
    kind: span.kind === 2 ? 'server' : 'client',
    startMs: milliseconds(span.start_time_unix_nano),
    endMs: milliseconds(span.end_time_unix_nano),
    attributes: valuesOf(span.attributes),
    isError: span.status?.code === 2,
    flags: span.flags,
    resource,
  };
}

/** More than a double holds. */
const milliseconds = (nanoseconds: string): number => Number(BigInt(nanoseconds) / 1000n) / 1000;

const valuesOf = (attributes: readonly KeyValue[]): Values =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.int_value === undefined ? value.string_value : Number(value.int_value),
    ]),
  );
