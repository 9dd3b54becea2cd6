import t from 'tap';
import type { HandshakeFailure } from '../../../src/core/observer.ts';
import { createObserver } from '../../../src/observe/observer.ts';
import { memoryLog } from '../../support/log-records.ts';

const access_log = { query: 'keep', request_headers: [], redact_headers: [] } as const;
const time = Date.UTC(2026, 0, 31);

function observed() {
  const log = memoryLog();
  const entries = () => log.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { observer: createObserver(log, { access_log }), entries };
}

const failure: HandshakeFailure = {
  time,
  remoteAddress: '192.0.2.1',
  remotePort: 50_000,
  sni: 'app.example.com',
  phase: 'certificate',
  reason: 'expired',
  detail: undefined,
  serial: '1f',
  issuer: 'CN=Old CA',
  subject: 'CN=Alice',
};

t.test('a failed handshake is logged with its reason, serial and issuer', (t) => {
  const { observer, entries } = observed();
  observer.handshakeFailure(failure);
  t.strictSame(entries(), [
    {
      level: 'info',
      time: '2026-01-31T00:00:00.000Z',
      phase: 'certificate',
      reason: 'expired',
      remote_ip: '192.0.2.1',
      remote_port: 50_000,
      server_name: 'app.example.com',
      client_subject: 'CN=Alice',
      client_issuer: 'CN=Old CA',
      client_serial: '1f',
      msg: 'handshake failed',
    },
  ]);
  t.end();
});

t.test('access that is taken back is logged with who, why and what was going on', (t) => {
  const { observer, entries } = observed();
  observer.revocation({
    time,
    connectionId: 7,
    remoteAddress: '192.0.2.1',
    sni: 'app.example.com',
    subject: 'CN=Alice',
    serial: '1f',
    sha256: 'ab',
    cause: 'certificate',
    reason: 'revoked',
    detail: 'by list 9',
    state: 'tunnel',
  });
  t.strictSame(entries(), [
    {
      level: 'info',
      time: '2026-01-31T00:00:00.000Z',
      cause: 'certificate',
      reason: 'revoked',
      detail: 'by list 9',
      state: 'tunnel',
      connection_id: 7,
      remote_ip: '192.0.2.1',
      server_name: 'app.example.com',
      client_subject: 'CN=Alice',
      client_serial: '1f',
      client_fingerprint: 'ab',
      msg: 'access taken back',
    },
  ]);
  t.end();
});

t.test('a certificate that was given, and one that was not', (t) => {
  const { observer, entries } = observed();
  const asked = { time, requestId: 'r', remoteAddress: '192.0.2.1' } as const;
  const client = {
    subject: 'CN=ada',
    subjectAltNames: ['email:ada@example.com'],
    sha256: 'ab',
    serial: '1f',
  };
  const given = { by: 'invitation', reason: undefined, detail: undefined, client, notAfter: time } as const;
  observer.enrolment({ ...asked, ...given });
  const not = { by: 'certificate', reason: 'names_not_allowed', detail: 'x', client: undefined } as const;
  observer.enrolment({ ...asked, ...not, notAfter: undefined });
  t.strictSame(entries(), [
    {
      level: 'info',
      time: '2026-01-31T00:00:00.000Z',
      request_id: 'r',
      by: 'invitation',
      remote_ip: '192.0.2.1',
      client_subject: 'CN=ada',
      client_sans: ['email:ada@example.com'],
      client_serial: '1f',
      client_fingerprint: 'ab',
      not_after: '2026-01-31T00:00:00.000Z',
      msg: 'certificate issued',
    },
    {
      level: 'warn',
      time: '2026-01-31T00:00:00.000Z',
      request_id: 'r',
      by: 'certificate',
      reason: 'names_not_allowed',
      detail: 'x',
      remote_ip: '192.0.2.1',
      msg: 'enrolment refused',
    },
  ]);
  t.end();
});

t.test('a flood of refused connections is one line a cap and second, with a count', (t) => {
  const { observer, entries } = observed();
  const refuse = (after: number, cap: 'connections' | 'handshakes' = 'connections') => {
    observer.connectionRefused({ time: time + after, remoteAddress: '192.0.2.1', cap, limit: 10 });
  };
  for (const after of [0, 1, 500, 999]) refuse(after);
  refuse(600, 'handshakes');
  refuse(1000);
  t.match(entries(), [
    { level: 'warn', reason: 'connections', limit: 10, skipped: 0 },
    { reason: 'handshakes', skipped: 0 },
    { reason: 'connections', skipped: 3 },
  ]);
  t.equal(entries().length, 3);
  t.end();
});

t.test('a reload says what came of it, and why not', (t) => {
  const { observer, entries } = observed();
  observer.reload({ time, result: 'applied', trigger: 'file', durationMs: 12.4, issues: [] });
  const issue = { path: ['routes', 2, 'to'], message: 'is no address' };
  observer.reload({
    time,
    result: 'refused',
    trigger: 'signal',
    durationMs: 1,
    issues: [issue, 'routes.yaml:1:1 bad'],
  });
  const [applied, refused] = entries();
  t.match(applied, { level: 'info', msg: 'reload applied', trigger: 'file', duration_ms: 12 });
  t.notOk(applied && 'issues' in applied);
  t.match(refused, {
    level: 'error',
    msg: /refused/,
    issues: ['routes[2].to: is no address', 'routes.yaml:1:1 bad'],
  });
  t.end();
});

t.test('a warning has its causes, lifecycle events their sentence', (t) => {
  const { observer, entries } = observed();
  const cause = new Error('outer', { cause: new Error('inner') });
  observer.warning({ time, code: 'crl_stale', detail: 'The CRL is stale.', cause });
  observer.warning({ time, code: 'odd', detail: 'Odd.', cause: { errno: 1 } });
  observer.lifecycle({ time, event: 'listening', detail: 'https://localhost:8443' });
  t.match(entries(), [
    { level: 'warn', code: 'crl_stale', msg: 'The CRL is stale.', cause: 'outer: inner' },
    { cause: '{"errno":1}' },
    { level: 'info', event: 'listening', detail: 'https://localhost:8443', msg: 'listening' },
  ]);
  t.end();
});
