// Spans as OTLP 1.x has them: opentelemetry/proto/trace/v1/trace.proto and its kin, by field number. A message is a head
// that is the same for all of a process, then spans, each written when its exchange ends: nothing is left to be done at
// once when a batch leaves.
import { LENGTH_DELIMITED, ProtoWriter, VARINT } from './proto-writer.ts';

export type Attribute = readonly [name: string, value: string | number];

/** What one process says of itself with every message. */
export interface Origin {
  readonly resource: readonly Attribute[];
  readonly scope: { readonly name: string; readonly version: string };
}

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** Whether the parent is another process's. */
  readonly isParentRemote: boolean;
  readonly state: string;
  readonly name: string;
  readonly kind: 'server' | 'client';
  /** Milliseconds since the epoch, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: readonly Attribute[];
  readonly isError: boolean;
}

const KIND = { server: 2, client: 3 } as const;
const STATUS_ERROR = 2;
/** Sampled (W3C), and whether the parent is remote is known; with a remote one, that it is. */
const FLAGS = 0x1_01;
const FLAG_REMOTE = 0x2_00;
const FIRST_BYTES = 64 * 1024;

/** Spans of one message, as bytes from the start. */
export class SpanBatch {
  readonly #spans = new ProtoWriter(FIRST_BYTES);
  count = 0;

  get bytes(): number {
    return this.#spans.length;
  }

  add(span: Span): void {
    writeSpan(this.#spans, span);
    this.count++;
  }

  /** The ExportTraceServiceRequest. */
  message({ resource, scope }: Origin): Buffer {
    const message = new ProtoWriter(this.bytes + 1024);
    const resourceSpans = message.begin(1);
    const ofResource = message.begin(1);
    writeAttributes(message, 1, resource);
    message.end(ofResource);
    const scopeSpans = message.begin(2);
    const ofScope = message.begin(1);
    message.text(1, scope.name);
    message.text(2, scope.version);
    message.end(ofScope);
    message.append(this.#spans.written);
    message.end(scopeSpans);
    message.end(resourceSpans);
    return message.written;
  }
}

function writeSpan(writer: ProtoWriter, span: Span): void {
  const begun = writer.begin(2);
  writer.hex(1, span.traceId);
  writer.hex(2, span.spanId);
  if (span.state !== '') writer.text(3, span.state);
  if (span.parentSpanId !== undefined) writer.hex(4, span.parentSpanId);
  writer.text(5, span.name);
  writer.integer(6, KIND[span.kind]);
  writer.fixed64(7, nanoseconds(span.startMs));
  writer.fixed64(8, nanoseconds(span.endMs));
  writeAttributes(writer, 9, span.attributes);
  if (span.isError) {
    const status = writer.begin(15);
    writer.integer(3, STATUS_ERROR);
    writer.end(status);
  }
  writer.fixed32(16, span.isParentRemote ? FLAGS + FLAG_REMOTE : FLAGS);
  writer.end(begun);
}

function writeAttributes(writer: ProtoWriter, field: number, attributes: readonly Attribute[]): void {
  for (const [name, value] of attributes) {
    const attribute = writer.begin(field);
    writer.text(1, name);
    const any = writer.begin(2);
    if (typeof value === 'string') writer.text(1, value);
    else writer.integer(3, value);
    writer.end(any);
    writer.end(attribute);
  }
}

/** To the microsecond, which is what a double holds of them. */
function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}

/**
 * `partial_success.rejected_spans` of an ExportTraceServiceResponse; 0 where it does not say, or is none. Writers put
 * fields in order, so it stands first or not at all.
 */
export function rejectedSpans(response: Buffer): number {
  const part = varintAt(response, 0, 1 * 8 + LENGTH_DELIMITED);
  return part === undefined ? 0 : (varintAt(response, part.next, 1 * 8 + VARINT)?.value ?? 0);
}

/** What follows `tag`; undefined where another tag stands. */
function varintAt(bytes: Buffer, at: number, tag: number): { value: number; next: number } | undefined {
  if (bytes[at] !== tag) return undefined;
  let value = 0;
  for (let next = at + 1, unit = 1; next < bytes.length; next++, unit *= 128) {
    const byte = bytes[next] ?? 0;
    value += (byte & 127) * unit;
    if (byte < 128) return { value, next: next + 1 };
  }
  return undefined;
}
