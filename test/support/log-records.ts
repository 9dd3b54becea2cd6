// Records as the rooms would report them, and a log that is kept in memory.
import type { ClientRecord, ConnectionRecord, ExchangeRecord } from '../../src/core/observer.ts';
import { createLogger, type Log, type LoggerOptions } from '../../src/observe/logger.ts';

export const aClient: ClientRecord = {
  subject: 'CN=Alice,O=Example',
  subjectAltNames: ['dns:alice.example', 'email:alice@example.com'],
  sha256: 'ab'.repeat(32),
  serial: '1f',
};

export const aConnection: ConnectionRecord = {
  id: 7,
  remoteAddress: '192.0.2.1',
  remotePort: 50_000,
  sni: 'app.example.com',
  tlsVersion: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  isResumed: false,
  handshakeMs: 3.2345,
  forwardedBy: '10.0.0.9',
  client: aClient,
};

/** An exchange that got everywhere, with a value in every field. */
export const anExchange: ExchangeRecord = {
  time: Date.UTC(2026, 0, 31, 12, 30, 15, 250),
  requestId: 'req-1',
  trace: {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: '00f067aa0ba902b7',
    state: 'vendor=a',
    isSampled: true,
    attempts: [],
  },
  connection: aConnection,
  method: 'GET',
  host: 'app.example.com',
  path: '/a/b',
  query: '?c=d',
  version: 'HTTP/1.1',
  requestHeaders: ['Host', 'app.example.com', 'User-Agent', 'curl/8', 'Cookie', 'a=b', 'cookie', 'c=d'],
  route: 'app',
  upstream: 'app',
  endpoint: 'https://10.0.0.7:8443',
  attempts: 2,
  status: 502,
  error: 'upstream_cut',
  reason: 'reset',
  detail: 'read ECONNRESET',
  wouldDeny: 'no_allow_rule',
  disposition: 'abort',
  bytesIn: 10,
  bytesOut: 2048,
  directedMs: 0.25,
  firstByteMs: 11.5,
  totalMs: 12.3456,
  connectMs: 5,
};

export interface MemoryLog extends Log {
  readonly lines: string[];
}

export function memoryLog(options: Partial<LoggerOptions> = {}): MemoryLog {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { ...createLogger({ format: 'json', ...options, destination }), lines };
}
