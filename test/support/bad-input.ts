// A proxy before an app that records everything, for one bad input after the other: what the client got, what the log
// says, what the app saw, and whether the next good request is served as if nothing had been.
import type { Test } from 'tap';
import type { ConfigInput } from '../../src/config/schema.ts';
import { ERRORS, type ErrorCode } from '../../src/core/errors.ts';
import type { ExchangeRecord } from '../../src/core/observer.ts';
import { parseAnswers, type RawAnswer } from './answers.ts';
import { clientOptions, sendRaw } from './client.ts';
import { type RecordedRequest, readRecorded, startLenientUpstream } from './lenient-upstream.ts';
import { type RunningProxy, startProxy } from './proxy.ts';
import { until } from './until.ts';

export const HOST = 'app.sallyport.localhost';
export const FROM = `https://${HOST}`;
export const GOOD = `GET /good HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`;

export interface BadInputs {
  readonly running: RunningProxy;
  /** What the app has seen so far. */
  readonly seen: () => readonly RecordedRequest[];
  /** Sends the bytes on a connection of their own and gives everything that comes back. */
  readonly send: (bytes: string) => Promise<string>;
  /** Sends them, and the next exchange that is reported beside what the client got. */
  readonly observe: (bytes: string) => Promise<{ received: string; record: ExchangeRecord }>;
  /** The one answer is this refusal, the log says so, the app saw nothing whole, the next request is served. */
  readonly refused: (bytes: string, code: ErrorCode) => Promise<RawAnswer>;
}

export async function startBadInputs(t: Test, config: Partial<ConfigInput> = {}): Promise<BadInputs> {
  const app = await startLenientUpstream(t);
  const running = await startProxy(t, {
    show_error_details: false,
    routes: [{ from: FROM, to: app.url }],
    ...config,
  });
  const { heard, pki, port } = running;
  const seen = () => app.recorded().flatMap((text) => readRecorded(text));
  const send = (bytes: string) => sendRaw(clientOptions(pki, port), bytes);
  const observe = async (bytes: string) => {
    const before = heard.exchanges.length;
    const received = await send(bytes);
    return { received, record: await until(() => heard.exchanges[before]) };
  };
  const refused = async (bytes: string, code: ErrorCode) => {
    const { received, record } = await observe(bytes);
    const what = JSON.stringify(bytes.slice(0, 200));
    const [answer, ...more] = parseAnswers(received).filter(({ status }) => status >= 200);
    t.equal(more.length, 0, `one answer to ${what}`);
    if (answer === undefined) throw new Error(`no answer to ${what}`);
    checkRefusal(t, answer, code);
    t.match(record, { status: ERRORS[code].status, error: code }, `record of ${what}`);
    t.strictSame(
      seen().filter(({ isWhole, target }) => isWhole && target !== '/good'),
      [],
      `the app sees nothing of ${what}`,
    );
    t.match(parseAnswers(await send(GOOD)), [{ status: 200, body: '/good' }], 'the next request is served');
    return answer;
  };
  return { running, seen, send, observe, refused };
}

/** The status and code of the table, in whichever form was asked for, and nothing about the inside. */
export function checkRefusal(t: Test, answer: RawAnswer, code: ErrorCode): void {
  const { status, text } = ERRORS[code];
  t.equal(answer.status, status, code);
  t.ok(answer.isWhole, 'the refusal is whole');
  t.notMatch(answer.body, /127\.0\.0\.1|localhost|undici|ECONN|node:|\.ts\b|at \w+ \(/, 'no internals');
  if (answer.headers['content-type'] === 'application/problem+json')
    t.match(JSON.parse(answer.body), { status, code, detail: text, request_id: /./ });
  else t.ok(answer.body.includes(text), answer.body);
}

/** Every header that can tell an app who is calling is on. */
export const ALL_IDENTITY_HEADERS = {
  identity_headers: { client_cert: true, client_cert_chain: true, x_forwarded_client_cert: true },
};
