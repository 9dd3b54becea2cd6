import t from 'tap';
import { AcmeProblem } from '../../../../src/certs/acme/problem.ts';
import { parseWindow, renewAt, retryDelay } from '../../../../src/certs/acme/renewal.ts';
import { retryAfterMs } from '../../../../src/certs/acme/transport.ts';

const DAY = 86_400_000;
const facts = (sha256: string, days = 90) => ({ notBefore: 0, notAfter: days * DAY, sha256 });
const many = Array.from({ length: 200 }, (_, index) => `${index}`);

t.test('a certificate is renewed shortly before two thirds of its lifetime', (t) => {
  for (const days of [6, 47, 90]) {
    const times = many.map((id) => renewAt(facts(id, days)) / (days * DAY));
    t.ok(Math.max(...times) <= 2 / 3 && Math.min(...times) >= 2 / 3 - 1 / 20, `${days} days`);
    t.ok(new Set(times).size > 190, 'not all at once');
  }
  t.equal(renewAt(facts('a')), renewAt(facts('a')), 'the same whenever it is asked');
  t.end();
});

t.test('in the window of the server, where it names one', (t) => {
  const window = { start: 10 * DAY, end: 11 * DAY };
  const times = many.map((id) => renewAt(facts(id), window));
  t.ok(times.every((at) => at >= window.start && at <= window.end));
  t.end();
});

t.test('a window that is none counts for nothing', (t) => {
  const start = '2026-01-01T00:00:00Z';
  const end = '2026-01-02T00:00:00Z';
  t.strictSame(parseWindow({ suggestedWindow: { start, end } }), {
    start: Date.parse(start),
    end: Date.parse(end),
  });
  for (const data of [
    undefined,
    null,
    'text',
    {},
    { suggestedWindow: null },
    { suggestedWindow: { start } },
    { suggestedWindow: { start: end, end: start } },
    { suggestedWindow: { start: 'soon', end } },
  ])
    t.equal(parseWindow(data), undefined, JSON.stringify(data));
  t.end();
});

const problem = (type: string, status: number, wait?: number) =>
  new AcmeProblem('no', { type, status, retryAfterMs: wait });

t.test('failures are waited out, longer each time', (t) => {
  const [MINUTE, HOUR] = [60_000, 3_600_000];
  const refused = problem('unauthorized', 403);
  t.strictSame(
    [1, 2, 3, 4].map((failures) => retryDelay(refused, failures)),
    [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE],
  );
  t.equal(retryDelay(refused, 100), 12 * HOUR, 'a name that goes on failing');
  t.equal(retryDelay(problem('unreachable', 0), 100), HOUR, 'a server that is away');
  t.equal(retryDelay(problem('serverInternal', 500), 100), HOUR);
  t.equal(retryDelay(new Error('a full disk'), 100), HOUR);
  t.equal(retryDelay(problem('rateLimited', 429, 30 * HOUR), 1), 30 * HOUR, 'as long as the server wants');
  t.end();
});

t.test('Retry-After in seconds, or as a date', (t) => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  t.equal(retryAfterMs('120', now), 120_000);
  t.equal(retryAfterMs('Thu, 01 Jan 2026 00:01:00 GMT', now), 60_000);
  t.equal(retryAfterMs('99999999999', now), 7 * DAY, 'not for ever');
  for (const value of [undefined, '', 'soon', '-1', 'Wed, 31 Dec 2025 00:00:00 GMT'])
    t.equal(retryAfterMs(value, now), undefined, String(value));
  t.end();
});

t.test('what a server says is told in one line, whatever it is', (t) => {
  const document = {
    type: 'urn:ietf:params:acme:error:caa',
    detail: 'CAA forbids\r\n\u001b[31mit',
    subproblems: [{ type: 'x', detail: 'this one', identifier: { value: 'a.example' } }, null, 7],
  };
  const caa = AcmeProblem.of(document, 403, 5);
  t.match(caa, { type: 'caa', status: 403, retryAfterMs: 5 });
  t.equal(caa.message, 'CAA forbids [31mit; a.example: this one; ?: ?; ?: ?');
  t.match(AcmeProblem.of('<html>', 502), { type: 'http', message: 'answered 502' });
  t.equal(AcmeProblem.of({ detail: 'x'.repeat(10_000) }, 400).message.length, 500);
  t.end();
});
