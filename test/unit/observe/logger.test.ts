import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { createLogger } from '../../../src/observe/logger.ts';
import { createObserver } from '../../../src/observe/observer.ts';
import { aConnection, anExchange, memoryLog } from '../../support/log-records.ts';

const access_log = { query: 'keep', request_headers: [], redact_headers: [] } as const;

t.test('what is buffered is written when the log is closed', async (t) => {
  const file = path.join(t.testdir(), 'log');
  const log = createLogger({ format: 'json', destination: file });
  const observer = createObserver(log, { access_log });
  for (let i = 0; i < 100; i++) observer.exchange({ ...anExchange, requestId: String(i) });
  await log.close();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  t.strictSame(
    lines.map((line) => (JSON.parse(line) as { request_id: string }).request_id),
    Array.from({ length: 100 }, (_, i) => String(i)),
  );
});

t.test('what is buffered is written by flush before it returns', (t) => {
  const file = path.join(t.testdir({ log: '' }), 'log');
  const fd = openSync(file, 'a');
  t.teardown(() => closeSync(fd));
  const log = createLogger({ format: 'json', destination: fd });
  createObserver(log, { access_log }).exchange(anExchange);
  t.equal(readFileSync(file, 'utf8'), '', 'one line waits for more');
  log.flush();
  t.match(readFileSync(file, 'utf8'), /^\{"level":"info".*\}\n$/);
  t.end();
});

t.test('a process that ends at once has written its log', (t) => {
  const file = path.join(t.testdir(), 'log');
  const module = path.resolve(import.meta.dirname, '../../../src/observe/logger.ts');
  const program = `
    const { createLogger } = await import(${JSON.stringify(pathToFileURL(module).href)});
    createLogger({ format: 'json', destination: ${JSON.stringify(file)} }).logger.info('the end');
    process.exit();`;
  execFileSync(process.execPath, ['--input-type=module', '--eval', program]);
  t.match(readFileSync(file, 'utf8'), /the end/);
  t.throws(() => createLogger({ format: 'json', destination: path.dirname(file) }), { code: 'EISDIR' });
  t.end();
});

t.test('a full disk loses lines, and neither holds up the proxy nor its end', async (t) => {
  if (!existsSync('/dev/full')) {
    t.pass('no /dev/full here');
    return;
  }
  const log = createLogger({ format: 'json', destination: '/dev/full' });
  const observer = createObserver(log, { access_log });
  for (let i = 0; i < 20; i++) observer.exchange(anExchange);
  await new Promise(setImmediate);
  for (let i = 0; i < 20; i++) observer.exchange(anExchange);
  await log.close();
  log.flush();
  observer.exchange(anExchange);
  t.pass('nothing threw, nothing waited for ever');
});

t.test('for people a request is one short line: what, how it went, who, how long', (t) => {
  const log = memoryLog({ format: 'pretty' });
  const observer = createObserver(log, { access_log });
  observer.exchange({ ...anExchange, status: 200, error: undefined, reason: undefined });
  observer.exchange({ ...anExchange, status: 403, error: 'client_certificate_invalid', reason: 'expired' });
  observer.exchange({ ...anExchange, status: 0, error: 'client_closed', reason: undefined });
  observer.exchange({
    ...anExchange,
    status: 404,
    error: 'unknown_host',
    reason: undefined,
    connection: { ...aConnection, client: undefined },
  });
  const texts = log.lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''));
  t.strictSame(texts, [
    'GET app.example.com/a/b → 200 alice@example.com 12 ms\n',
    'GET app.example.com/a/b → 403 client_certificate_invalid expired alice@example.com 12 ms\n',
    'GET app.example.com/a/b → cut client_closed alice@example.com 12 ms\n',
    'GET app.example.com/a/b → 404 unknown_host - 12 ms\n',
  ]);
  t.end();
});

t.test('for people every other event is a sentence, issues on lines of their own', (t) => {
  const log = memoryLog({ format: 'pretty' });
  const observer = createObserver(log, { access_log });
  observer.lifecycle({ time: 0, event: 'listening', detail: 'https://localhost:8443' });
  observer.reload({
    time: 0,
    result: 'refused',
    trigger: 'file',
    durationMs: 1,
    issues: ['a.yaml:1:2 one', 'two'],
  });
  t.match(log.lines[0], /^\d\d:\d\d:\d\d listening: https:\/\/localhost:8443\n$/);
  t.match(
    log.lines[1],
    /^\d\d:\d\d:\d\d error: reload refused, nothing has changed\n {2}a\.yaml:1:2 one\n {2}two\n$/,
  );
  t.end();
});

t.test('nothing that strangers send moves the cursor or changes colours', (t) => {
  const log = memoryLog({ format: 'pretty' });
  const observer = createObserver(log, { access_log });
  const hostile = '\u001b[2J\r\n12:00:00 GET forged\u009b31m\u202e\u0007';
  const client = { subject: hostile, subjectAltNames: [], sha256: '', serial: '' };
  observer.exchange({
    ...anExchange,
    method: hostile,
    host: hostile,
    path: hostile,
    reason: hostile,
    connection: { ...aConnection, client },
  });
  observer.warning({ time: 0, code: hostile, detail: hostile, cause: new Error(hostile) });
  t.equal(log.lines.length, 2);
  for (const line of log.lines) t.match(line, /^[^\p{Cc}\p{Cf}]*\n$/u);
  t.end();
});
