// One exchange as one line of JSON. Built by hand: a logger's own serializing costs three times as much, which is a
// third of everything else that is done for a request. What depends only on the connection is made once a connection.
import { type FlatHeaders, headerValue, headerValues } from '../core/flat-headers.ts';
import type { ConnectionRecord, ExchangeRecord } from '../core/observer.ts';
import { ACCESS_FIELDS, type AccessField } from './access-fields.ts';
import { isoTime } from './iso-time.ts';

export interface AccessLogSettings {
  /** `redact` leaves the query out of the line. */
  readonly query: 'keep' | 'redact';
  /** Names in lower case. Others are never written. */
  readonly request_headers: readonly string[];
  /** Names in lower case; their values are written as `REDACTED`, even when listed above. */
  readonly redact_headers: readonly string[];
}

export const REDACTED = 'REDACTED';

interface LoggedHeader {
  readonly name: string;
  /** The name as JSON. */
  readonly key: string;
  readonly isRedacted: boolean;
}

/** `,"name":` of every field. */
const KEYS = Object.fromEntries(ACCESS_FIELDS.map((name) => [name, `,"${name}":`])) as Record<
  AccessField,
  string
>;

const MAX_FAST_US = 1e9;
/** What stands behind the whole milliseconds, trailing zeros left out. */
const THOUSANDTHS = Array.from({ length: 1000 }, (_, us) => String(us / 1000).slice(1));

export class AccessLine {
  readonly #keepsQuery: boolean;
  readonly #headers: readonly LoggedHeader[];
  readonly #ofConnection = new WeakMap<ConnectionRecord, string>();
  /** The line in the making. Joined once it is complete: adding text to text would make a string a step. */
  readonly #parts: string[] = [];

  constructor(settings: AccessLogSettings) {
    this.#keepsQuery = settings.query === 'keep';
    const redacted = new Set(settings.redact_headers);
    this.#headers = settings.request_headers.map((name) => ({
      name,
      key: JSON.stringify(name),
      isRedacted: redacted.has(name),
    }));
  }

  /** The line with its newline. Fields that the exchange does not have are left out. */
  format(record: ExchangeRecord): string {
    const parts = this.#parts;
    parts.length = 0;
    parts.push('{"level":"info","time":"', isoTime(record.time), '","msg":"request"');
    text(parts, KEYS.request_id, record.requestId);
    if (record.trace !== undefined) {
      text(parts, KEYS.trace_id, record.trace.traceId);
      text(parts, KEYS.span_id, record.trace.spanId);
    }
    text(parts, KEYS.method, record.method);
    text(parts, KEYS.host, record.host);
    text(parts, KEYS.path, record.path);
    if (this.#keepsQuery && record.query !== '') text(parts, KEYS.query, record.query);
    text(parts, KEYS.protocol, record.version);
    number(parts, KEYS.status, record.status);
    text(parts, KEYS.error, record.error);
    text(parts, KEYS.reason, record.reason);
    text(parts, KEYS.detail, record.detail);
    text(parts, KEYS.would_deny, record.wouldDeny);
    number(parts, KEYS.bytes_received, record.bytesIn);
    number(parts, KEYS.bytes_sent, record.bytesOut);
    milliseconds(parts, KEYS.duration_ms, record.totalMs);
    milliseconds(parts, KEYS.directed_ms, record.directedMs);
    milliseconds(parts, KEYS.upstream_connect_ms, record.connectMs);
    milliseconds(parts, KEYS.upstream_first_byte_ms, record.firstByteMs);
    text(parts, KEYS.route, record.route);
    text(parts, KEYS.upstream, record.upstream);
    text(parts, KEYS.upstream_endpoint, record.endpoint);
    number(parts, KEYS.attempts, record.attempts);
    text(parts, KEYS.disposition, record.disposition);
    parts.push(this.#connection(record.connection));
    this.#requestHeaders(record.requestHeaders);
    parts.push('}\n');
    return parts.join('');
  }

  #connection(connection: ConnectionRecord): string {
    const known = this.#ofConnection.get(connection);
    if (known !== undefined) return known;
    const made = connectionFields(connection);
    this.#ofConnection.set(connection, made);
    return made;
  }

  #requestHeaders(headers: FlatHeaders): void {
    const parts = this.#parts;
    let isFirst = true;
    for (const { name, key, isRedacted } of this.#headers) {
      const value = headerValue(headers, name);
      if (value === undefined) continue;
      const shown = isRedacted ? REDACTED : joinedValues(headers, name, value);
      parts.push(isFirst ? `${KEYS.request_headers}{` : ',', key, ':', JSON.stringify(shown));
      isFirst = false;
    }
    if (!isFirst) parts.push('}');
  }
}

/** All values of a field; `first` is the first of them. */
function joinedValues(headers: FlatHeaders, name: string, first: string): string {
  const values = headerValues(headers, name);
  return values.length === 1 ? first : values.join(', ');
}

function connectionFields(connection: ConnectionRecord): string {
  const { client } = connection;
  const parts: string[] = [];
  number(parts, KEYS.connection_id, connection.id);
  text(parts, KEYS.remote_ip, connection.remoteAddress);
  number(parts, KEYS.remote_port, connection.remotePort);
  text(parts, KEYS.forwarded_by, connection.forwardedBy);
  milliseconds(parts, KEYS.handshake_ms, connection.handshakeMs);
  text(parts, KEYS.tls_version, connection.tlsVersion);
  text(parts, KEYS.tls_cipher, connection.cipher);
  parts.push(KEYS.tls_resumed, connection.isResumed ? 'true' : 'false');
  text(parts, KEYS.server_name, connection.sni);
  text(parts, KEYS.client_subject, client?.subject);
  if (client !== undefined) parts.push(KEYS.client_sans, JSON.stringify(client.subjectAltNames));
  text(parts, KEYS.client_sha256, client?.sha256);
  text(parts, KEYS.client_serial, client?.serial);
  return parts.join('');
}

function text(parts: string[], key: string, value: string | undefined): void {
  if (value !== undefined) parts.push(key, JSON.stringify(value));
}

function number(parts: string[], key: string, value: number): void {
  parts.push(key, Number.isFinite(value) ? String(value) : 'null');
}

/** To the microsecond. */
function milliseconds(parts: string[], key: string, value: number | undefined): void {
  if (value === undefined) return;
  const us = Math.round(value * 1000);
  // Integers become text several times faster than fractions.
  if (us >= 0 && us <= MAX_FAST_US)
    parts.push(key, String(Math.trunc(us / 1000)), THOUSANDTHS[us % 1000] ?? '');
  else number(parts, key, us / 1000);
}
