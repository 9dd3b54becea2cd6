// The Observer that writes the log: which record becomes which line, at which level, under which names.
import { pathText } from '../core/issue.ts';
import type {
  ConnectionRefused,
  EnrolmentRecord,
  HandshakeFailure,
  Observer,
  PassthroughRecord,
  Reload,
  RevocationRecord,
} from '../core/observer.ts';
import { AccessLine, type AccessLogSettings } from './access-line.ts';
import { isoTime } from './iso-time.ts';
import type { Log } from './logger.ts';
import { Throttle } from './throttle.ts';

export interface ObserverOptions {
  readonly access_log: AccessLogSettings;
}

/** Under a flood of refused connections one line a cap and second is enough; it says how many it stands for. */
const REFUSED_EVERY_MS = 1000;

export function createObserver(log: Log, options: ObserverOptions): Observer {
  const { logger } = log;
  const accessLine = new AccessLine(options.access_log);
  const refused = new Throttle(REFUSED_EVERY_MS);
  return {
    exchange(record) {
      log.writeInfo(accessLine.format(record));
    },
    // Each of them is in the lines of its requests.
    handshake() {},
    handshakeFailure(record) {
      logger.info(handshakeFields(record), 'handshake failed');
    },
    connectionRefused(record) {
      const skipped = refused.take(record.cap, record.time);
      if (skipped !== undefined) logger.warn(refusedFields(record, skipped), 'connection refused');
    },
    revocation(record) {
      logger.info(revocationFields(record), 'access taken back');
    },
    passthrough(record) {
      logger.info(passthroughFields(record), 'passthrough');
    },
    enrolment(record) {
      if (record.reason === undefined) logger.info(enrolmentFields(record), 'certificate issued');
      else logger.warn(enrolmentFields(record), 'enrolment refused');
    },
    reload(record) {
      if (record.result === 'refused')
        logger.error(reloadFields(record), 'reload refused, nothing has changed');
      else logger.info(reloadFields(record), `reload ${record.result}`);
    },
    lifecycle({ time, event, detail }) {
      logger.info({ time: isoTime(time), event, detail }, event);
    },
    warning({ time, code, detail, cause }) {
      logger.warn({ time: isoTime(time), code, cause: causeText(cause) }, detail);
    },
  };
}

function handshakeFields(record: HandshakeFailure) {
  return {
    time: isoTime(record.time),
    phase: record.phase,
    reason: record.reason,
    detail: record.detail,
    remote_ip: record.remoteAddress,
    remote_port: record.remotePort,
    server_name: record.sni,
    client_subject: record.subject,
    client_issuer: record.issuer,
    client_serial: record.serial,
  };
}

function revocationFields(record: RevocationRecord) {
  return {
    time: isoTime(record.time),
    cause: record.cause,
    reason: record.reason,
    detail: record.detail,
    state: record.state,
    connection_id: record.connectionId,
    remote_ip: record.remoteAddress,
    server_name: record.sni,
    client_subject: record.subject,
    client_serial: record.serial,
    client_fingerprint: record.sha256,
  };
}

function passthroughFields(record: PassthroughRecord) {
  return {
    time: isoTime(record.time),
    route: record.route,
    server_name: record.sni,
    upstream_endpoint: record.endpoint,
    attempts: record.attempts,
    error: record.error,
    reason: record.reason,
    bytes_received: record.bytesIn,
    bytes_sent: record.bytesOut,
    duration_ms: Math.round(record.totalMs),
    upstream_connect_ms: record.connectMs === undefined ? undefined : Math.round(record.connectMs),
    connection_id: record.connectionId,
    remote_ip: record.remoteAddress,
    remote_port: record.remotePort,
  };
}

function enrolmentFields(record: EnrolmentRecord) {
  return {
    time: isoTime(record.time),
    request_id: record.requestId,
    by: record.by,
    reason: record.reason,
    detail: record.detail,
    remote_ip: record.remoteAddress,
    client_subject: record.client?.subject,
    client_sans: record.client?.subjectAltNames,
    client_serial: record.client?.serial,
    client_fingerprint: record.client?.sha256,
    not_after: record.notAfter === undefined ? undefined : isoTime(record.notAfter),
  };
}

function refusedFields(record: ConnectionRefused, skipped: number) {
  const { cap: reason, limit } = record;
  return { time: isoTime(record.time), reason, limit, remote_ip: record.remoteAddress, skipped };
}

function reloadFields(record: Reload) {
  const issues = record.issues.map((issue) =>
    typeof issue === 'string' ? issue : `${pathText(issue.path)}: ${issue.message}`,
  );
  return {
    time: isoTime(record.time),
    result: record.result,
    trigger: record.trigger,
    duration_ms: Math.round(record.durationMs),
    issues: issues.length === 0 ? undefined : issues,
  };
}

/** The message of an error and of those that caused it. */
function causeText(cause: unknown): string | undefined {
  if (cause === undefined) return undefined;
  if (!(cause instanceof Error)) return typeof cause === 'string' ? cause : JSON.stringify(cause);
  const deeper = causeText(cause.cause);
  return deeper === undefined ? cause.message : `${cause.message}: ${deeper}`;
}
