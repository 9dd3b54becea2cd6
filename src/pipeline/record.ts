// The one line that every exchange leaves, however it ended.
import { clientRecord } from '../core/client-record.ts';
import type { ConnectionRecord, ExchangeRecord } from '../core/observer.ts';
import type { Connection } from '../exchange/connection.ts';
import type { Disposition } from '../exchange/exchange.ts';
import type { Verdict } from '../exchange/identity.ts';
import type { Life } from './life.ts';

export function exchangeRecord(life: Life, disposition: Disposition): ExchangeRecord {
  const { exchange, forwarding } = life;
  const { request, startedAt } = exchange;
  const mark = request.target.indexOf('?');
  const targetPath = mark === -1 ? request.target : request.target.slice(0, mark);
  return {
    time: life.time,
    requestId: life.requestId,
    trace: life.trace,
    connection: connectionRecord(life.connection, life.verdict),
    method: request.method,
    host: life.host ?? request.authority,
    path: request.method === 'CONNECT' ? portOf(life) : (life.path?.path ?? targetPath),
    query: life.path?.query ?? (mark === -1 ? '' : request.target.slice(mark)),
    version: request.version,
    requestHeaders: request.headers,
    route: life.route?.name,
    upstream: life.upstream?.name,
    endpoint: forwarding?.endpoint.name,
    attempts: forwarding?.attempts ?? 0,
    status: life.status,
    error: life.error,
    reason: life.reason,
    detail: life.detail,
    wouldDeny: life.grant?.wouldDeny,
    disposition,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
    directedMs: life.directedMs,
    firstByteMs: forwarding?.answeredAt === undefined ? undefined : forwarding.answeredAt - startedAt,
    totalMs: performance.now() - startedAt,
    connectMs: undefined,
  };
}

/** As it stands behind the host. */
function portOf({ port }: Life): string {
  return port === undefined ? '' : `:${port}`;
}

const records = new WeakMap<Connection, { verdict: Verdict | undefined; record: ConnectionRecord }>();

/** Made once a connection and verdict. */
function connectionRecord(connection: Connection, verdict: Verdict | undefined): ConnectionRecord {
  const kept = records.get(connection);
  if (kept !== undefined && kept.verdict === verdict) return kept.record;
  const record = {
    id: connection.id,
    remoteAddress: connection.remoteAddress,
    remotePort: connection.remotePort,
    sni: connection.sni,
    tlsVersion: connection.tlsVersion,
    cipher: connection.cipher,
    isResumed: connection.isResumed,
    handshakeMs: connection.handshakeMs,
    forwardedBy: connection.forwarded?.by,
    client: verdict?.ok === true ? clientRecord(verdict.identity.leaf) : undefined,
  };
  records.set(connection, { verdict, record });
  return record;
}
