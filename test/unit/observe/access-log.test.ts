import { readFileSync } from 'node:fs';
import t from 'tap';
import type { ExchangeRecord } from '../../../src/core/observer.ts';
import { ACCESS_FIELDS } from '../../../src/observe/access-fields.ts';
import type { AccessLogSettings } from '../../../src/observe/access-line.ts';
import { createObserver } from '../../../src/observe/observer.ts';
import { aConnection, anExchange, memoryLog } from '../../support/log-records.ts';

const settings: AccessLogSettings = {
  query: 'keep',
  request_headers: ['user-agent', 'cookie', 'x-absent'],
  redact_headers: ['cookie'],
};

function lineOf(record: ExchangeRecord, changed: Partial<AccessLogSettings> = {}): string {
  const log = memoryLog();
  createObserver(log, { access_log: { ...settings, ...changed } }).exchange(record);
  const [line = ''] = log.lines;
  t.equal(log.lines.length, 1);
  return line;
}
const entryOf = (record: ExchangeRecord, changed?: Partial<AccessLogSettings>) =>
  JSON.parse(lineOf(record, changed)) as Record<string, unknown>;

t.test('an exchange is one line with everything about it, in one order', (t) => {
  const entry = entryOf(anExchange);
  t.strictSame(entry, {
    level: 'info',
    time: '2026-01-31T12:30:15.250Z',
    msg: 'request',
    request_id: 'req-1',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    span_id: 'b7ad6b7169203331',
    method: 'GET',
    host: 'app.example.com',
    path: '/a/b',
    query: '?c=d',
    protocol: 'HTTP/1.1',
    status: 502,
    error: 'upstream_cut',
    reason: 'reset',
    detail: 'read ECONNRESET',
    would_deny: 'no_allow_rule',
    bytes_received: 10,
    bytes_sent: 2048,
    duration_ms: 12.346,
    directed_ms: 0.25,
    upstream_connect_ms: 5,
    upstream_first_byte_ms: 11.5,
    route: 'app',
    upstream: 'app',
    upstream_endpoint: 'https://10.0.0.7:8443',
    attempts: 2,
    disposition: 'abort',
    connection_id: 7,
    remote_ip: '192.0.2.1',
    remote_port: 50_000,
    forwarded_by: '10.0.0.9',
    handshake_ms: 3.235,
    tls_version: 'TLSv1.3',
    tls_cipher: 'TLS_AES_256_GCM_SHA384',
    tls_resumed: false,
    server_name: 'app.example.com',
    client_subject: 'CN=Alice,O=Example',
    client_sans: ['dns:alice.example', 'email:alice@example.com'],
    client_sha256: 'ab'.repeat(32),
    client_serial: '1f',
    request_headers: { 'user-agent': 'curl/8', cookie: 'REDACTED' },
  });
  t.strictSame(Object.keys(entry), [...ACCESS_FIELDS]);
  t.end();
});

t.test('the documentation has every field, in the same order, and no other', (t) => {
  const doc = readFileSync(new URL('../../../docs/logging.md', import.meta.url), 'utf8');
  const table = /## Access log fields\n(.*?)\n## /s.exec(doc)?.[1] ?? '';
  const documented = [...table.matchAll(/^\| `([a-z0-9_]+)` /gm)].map((match) => match[1]);
  t.strictSame(documented, [...ACCESS_FIELDS]);
  t.end();
});

t.test('what an exchange did not get to is left out', (t) => {
  const entry = entryOf({
    ...anExchange,
    query: '',
    route: undefined,
    upstream: undefined,
    endpoint: undefined,
    error: undefined,
    reason: undefined,
    detail: undefined,
    wouldDeny: undefined,
    directedMs: undefined,
    firstByteMs: undefined,
    connectMs: undefined,
    requestHeaders: [],
    connection: { ...aConnection, id: 8, sni: undefined, client: undefined },
  });
  t.strictSame(
    ACCESS_FIELDS.filter((name) => !(name in entry)),
    [
      'query', 'error', 'reason', 'detail', 'would_deny', 'directed_ms', 'upstream_connect_ms', 'upstream_first_byte_ms', 'route',
      'upstream', 'upstream_endpoint', 'server_name', 'client_subject', 'client_sans', 'client_sha256', 'client_serial',
      'request_headers',
    ],
  ); // prettier-ignore
  t.end();
});

t.test(
  'secrets are written nowhere: not the query when redacted, not redacted headers, not unlisted ones',
  (t) => {
    const record = {
      ...anExchange,
      query: '?token=s3cret',
      requestHeaders: ['Authorization', 'Bearer s3cret', 'COOKIE', 's3cret', 'X-Token', 's3cret'],
    };
    const line = lineOf(record, {
      query: 'redact',
      request_headers: ['authorization', 'cookie'],
      redact_headers: ['authorization', 'cookie'],
    });
    t.notMatch(line, 's3cret');
    t.match(JSON.parse(line), { request_headers: { authorization: 'REDACTED', cookie: 'REDACTED' } });
    t.match(lineOf(record, { redact_headers: [] }), '"query":"?token=s3cret"', 'the test can see a secret');
    t.end();
  },
);

t.test('repeated headers are written as one value, and no header name can break the line', (t) => {
  const entry = entryOf(anExchange, { redact_headers: [], request_headers: ['cookie', '__proto__'] });
  t.strictSame(entry['request_headers'], { cookie: 'a=b, c=d' });
  t.end();
});

const hostile = 'x"}\n{"level":"info"}\r\u001b[31m\u0000\u009b2J\u2028\u202e\ud800\\';

t.test('whatever a client sends, a line stays one line of JSON that a terminal only prints', (t) => {
  const connection = {
    ...aConnection,
    sni: hostile,
    client: { subject: hostile, subjectAltNames: [hostile], sha256: hostile, serial: hostile },
  };
  const record = { ...anExchange, connection, host: hostile, path: hostile, query: hostile, method: hostile };
  const line = lineOf({ ...record, requestHeaders: ['User-Agent', hostile] });
  t.match(line, /^[^\p{Cc}\u2028-\u202e]*\n$/u);
  const entry = JSON.parse(line) as Record<string, unknown>;
  t.equal(entry['path'], hostile);
  t.strictSame(entry['client_sans'], [hostile]);
  t.strictSame(entry['request_headers'], { 'user-agent': hostile });
  t.end();
});

t.test('numbers that are none do not break the line', (t) => {
  const entry = entryOf({
    ...anExchange,
    totalMs: Number.NaN,
    time: Number.NaN,
    bytesIn: Number.POSITIVE_INFINITY,
  });
  t.match(entry, { duration_ms: null, bytes_received: null, time: '1970-01-01T00:00:00.000Z' });
  t.end();
});

t.test('above level info there are no access lines', (t) => {
  const log = memoryLog({ level: 'warn' });
  createObserver(log, { access_log: settings }).exchange(anExchange);
  t.strictSame(log.lines, []);
  t.end();
});
