// One exchange as one line of JSON. Built by hand: a logger's own serializing costs three times as much, which is a
// third of everything else that is done for a request. What depends only on the connection is made once a connection.
import { type FlatHeaders, headerValue, headerValues } from '../core/flat-headers.ts';
import type { ConnectionRecord, ExchangeRecord } from '../core/observer.ts';
import type { AccessField } from './access-fields.ts';
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

export class AccessLine {
  readonly #keepsQuery: boolean;
  readonly #headers: readonly LoggedHeader[];
  readonly #ofConnection = new WeakMap<ConnectionRecord, string>();

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
    return (
      `{"level":"info","time":"${isoTime(record.time)}","msg":"request"` +
      text('request_id', record.requestId) +
      text('method', record.method) +
      text('host', record.host) +
      text('path', record.path) +
      (this.#keepsQuery && record.query !== '' ? text('query', record.query) : '') +
      text('protocol', record.version) +
      number('status', record.status) +
      text('error', record.error) +
      text('reason', record.reason) +
      text('detail', record.detail) +
      text('would_deny', record.wouldDeny) +
      number('bytes_received', record.bytesIn) +
      number('bytes_sent', record.bytesOut) +
      milliseconds('duration_ms', record.totalMs) +
      milliseconds('directed_ms', record.directedMs) +
      milliseconds('upstream_connect_ms', record.connectMs) +
      milliseconds('upstream_first_byte_ms', record.firstByteMs) +
      text('route', record.route) +
      text('upstream', record.upstream) +
      text('upstream_endpoint', record.endpoint) +
      number('attempts', record.attempts) +
      text('disposition', record.disposition) +
      this.#connection(record.connection) +
      this.#requestHeaders(record.requestHeaders) +
      '}\n'
    );
  }

  #connection(connection: ConnectionRecord): string {
    const known = this.#ofConnection.get(connection);
    if (known !== undefined) return known;
    const made = connectionFields(connection);
    this.#ofConnection.set(connection, made);
    return made;
  }

  #requestHeaders(headers: FlatHeaders): string {
    let members = '';
    for (const { name, key, isRedacted } of this.#headers) {
      if (headerValue(headers, name) === undefined) continue;
      const value = isRedacted ? REDACTED : headerValues(headers, name).join(', ');
      members += `${members === '' ? '' : ','}${key}:${JSON.stringify(value)}`;
    }
    return members === '' ? '' : field('request_headers', `{${members}}`);
  }
}

function connectionFields(connection: ConnectionRecord): string {
  const { client } = connection;
  return (
    number('connection_id', connection.id) +
    text('remote_ip', connection.remoteAddress) +
    number('remote_port', connection.remotePort) +
    milliseconds('handshake_ms', connection.handshakeMs) +
    text('tls_version', connection.tlsVersion) +
    text('tls_cipher', connection.cipher) +
    field('tls_resumed', connection.isResumed ? 'true' : 'false') +
    text('server_name', connection.sni) +
    text('client_subject', client?.subject) +
    (client === undefined ? '' : field('client_sans', JSON.stringify(client.subjectAltNames))) +
    text('client_sha256', client?.sha256) +
    text('client_serial', client?.serial)
  );
}

function field(name: AccessField, json: string): string {
  return `,"${name}":${json}`;
}

function text(name: AccessField, value: string | undefined): string {
  return value === undefined ? '' : field(name, JSON.stringify(value));
}

function number(name: AccessField, value: number): string {
  return field(name, Number.isFinite(value) ? String(value) : 'null');
}

function milliseconds(name: AccessField, value: number | undefined): string {
  return value === undefined ? '' : number(name, Math.round(value * 1000) / 1000);
}
