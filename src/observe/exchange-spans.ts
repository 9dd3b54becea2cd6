// The spans of an exchange, under the names of OpenTelemetry's semantic conventions for HTTP (stable, 1.23 and later).
// Nothing of queries, header values or certificates is among them.
import type { AttemptTrace, ExchangeRecord, TraceRecord } from '../core/observer.ts';
import type { Attribute, Span } from './otlp-message.ts';

const METHODS = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'CONNECT',
  'TRACE',
  'QUERY',
]);
/** `https://[::1]:8443`, `https://app.internal:8443 (10.0.0.7)`; those that are unix sockets are not. */
const ENDPOINT = /^(https?|h2c):\/\/\[?([^\]]+?)\]?:(\d+)(?: \((.+)\))?$/;

/** The client's request first, then each attempt at an app. */
export function spansOf(record: ExchangeRecord, trace: TraceRecord): Span[] {
  return [
    requestSpan(record, trace),
    ...trace.attempts.map((attempt, tries) => attemptSpan(record, trace, attempt, tries)),
  ];
}

function requestSpan(record: ExchangeRecord, trace: TraceRecord): Span {
  const { route, status, error, connection } = record;
  const method = METHODS.has(record.method) ? record.method : 'HTTP';
  const attributes: Attribute[] = [...methodOf(record), ['url.scheme', 'https']];
  say(attributes, 'url.path', record.path);
  say(attributes, 'server.address', record.host);
  say(attributes, 'client.address', connection.remoteAddress);
  if (connection.remotePort !== 0) attributes.push(['client.port', connection.remotePort]);
  say(attributes, 'network.protocol.version', record.version.replace('HTTP/', ''));
  say(attributes, 'http.route', route);
  say(attributes, 'sallyport.request_id', record.requestId);
  if (status !== 0) attributes.push(['http.response.status_code', status]);
  const isError = status >= 500 || record.disposition === 'abort';
  const why = error ?? (isError ? String(status) : undefined);
  if (why !== undefined) attributes.push(['error.type', why]);
  return {
    traceId: trace.traceId,
    spanId: trace.spanId,
    parentSpanId: trace.parentSpanId,
    isParentRemote: trace.parentSpanId !== undefined,
    state: trace.state,
    name: route === undefined ? method : `${method} ${route}`,
    kind: 'server',
    startMs: record.time,
    endMs: record.time + record.totalMs,
    attributes,
    isError,
  };
}

/** A dash stands where a request could not be read, nothing where a client has no address. */
function say(attributes: Attribute[], name: string, value: string | undefined): void {
  if (value !== undefined && value !== '' && value !== '-') attributes.push([name, value]);
}

/** `tries`: how often an app was asked before. */
function attemptSpan(record: ExchangeRecord, trace: TraceRecord, attempt: AttemptTrace, tries: number): Span {
  const { status, error } = attempt;
  const attributes: Attribute[] = [...methodOf(record), ...addressOf(attempt)];
  if (tries > 0) attributes.push(['http.request.resend_count', tries]);
  if (status !== 0) attributes.push(['http.response.status_code', status]);
  const isError = status >= 400 || error !== undefined;
  if (isError) attributes.push(['error.type', error ?? String(status)]);
  return {
    traceId: trace.traceId,
    spanId: attempt.spanId,
    parentSpanId: trace.spanId,
    isParentRemote: false,
    state: trace.state,
    name: METHODS.has(record.method) ? record.method : 'HTTP',
    kind: 'client',
    startMs: record.time + attempt.startedMs,
    endMs: record.time + attempt.endedMs,
    attributes,
    isError,
  };
}

/** Methods that anybody can make up would make as many names of spans. */
function methodOf({ method }: ExchangeRecord): readonly Attribute[] {
  if (METHODS.has(method)) return [['http.request.method', method]];
  const attributes: Attribute[] = [['http.request.method', '_OTHER']];
  say(attributes, 'http.request.method_original', method);
  return attributes;
}

function addressOf({ endpoint, target }: AttemptTrace): readonly Attribute[] {
  const [, scheme, host, port, peer] = ENDPOINT.exec(endpoint) ?? [];
  if (host === undefined) return [['server.address', endpoint]];
  const shown = host.includes(':') ? `[${host}]` : host;
  const origin = `${scheme === 'h2c' ? 'http' : scheme}://${shown}:${port}`;
  const mark = target.indexOf('?');
  const attributes: Attribute[] = [
    ['url.full', origin + (mark === -1 ? target : target.slice(0, mark))],
    ['server.address', host],
    ['server.port', Number(port)],
  ];
  say(attributes, 'network.peer.address', peer);
  return attributes;
}
