import t, { type Test } from 'tap';
import type { ExchangeRecord } from '../../../src/core/observer.ts';
import { SpanExporter } from '../../../src/observe/span-exporter.ts';
import { startCollector } from '../../support/collector.ts';
import { anExchange } from '../../support/log-records.ts';
import { startRawUpstream } from '../../support/raw-upstream.ts';
import { until } from '../../support/until.ts';

/** Spans of one batch. */
const BATCH = 512;

function exporterTo(url: string) {
  const lost: { detail: string; message: string }[] = [];
  const exporter = new SpanExporter({
    url: new URL(`${url}/v1/traces`),
    headers: {},
    credentials: () => ({ cert: undefined, key: undefined, ca: undefined }),
    origin: { resource: [['service.name', 'test']], scope: { name: 'test', version: '1' } },
    onLost: (detail, cause) => lost.push({ detail, message: cause?.message ?? '' }),
  });
  const send = (count: number, record: ExchangeRecord = anExchange): void => {
    for (let i = 0; i < count; i++) exporter.observer.exchange(record);
  };
  return { exporter, lost, send };
}

/** An exchange of such a path. */
const withPath = (path: string): ExchangeRecord => ({ ...anExchange, path });

async function setUp(t: Test) {
  const collector = await startCollector(t);
  return { collector, ...exporterTo(collector.url) };
}

t.test('spans of any length arrive as they were', async (t) => {
  const { collector, exporter, send } = await setUp(t);
  const lengths = [1, 100, 127, 128, 129, 300, 16_000, 16_383, 16_384, 70_000, 2_100_000];
  for (const length of lengths) send(1, withPath('a'.repeat(length)));
  send(1, withPath('/\u00e9\u{1f600}\ud800'));
  await exporter.close(5000);
  const paths = collector.spans.map(({ attributes }) => String(attributes['url.path']));
  t.strictSame(
    paths.slice(0, -1).map(({ length }) => length),
    lengths,
  );
  t.equal(paths.at(-1), '/\u00e9\u{1f600}\ufffd');
  t.match(collector.spans[0], {
    traceId: anExchange.trace?.traceId,
    parentSpanId: anExchange.trace?.parentSpanId,
    startMs: anExchange.time,
    isError: true,
    resource: { 'service.name': 'test' },
  });
  const { startMs = 0, endMs = 0 } = collector.spans[0] ?? {};
  t.ok(Math.abs(endMs - startMs - anExchange.totalMs) < 0.01);
});

t.test('a full batch leaves at once, and is tried again where the collector asks for it', async (t) => {
  const { collector, exporter, lost, send } = await setUp(t);
  const headers = { 'retry-after': '0' };
  collector.answers.push({ status: 503, headers }, { status: 429, headers });
  send(BATCH);
  await until(() => collector.spans.length === BATCH);
  t.equal(collector.headers.length, 3);
  t.strictSame(lost, []);
  await exporter.close(5000);
});

t.test('what the collector does not want is not sent again', async (t) => {
  const { collector, exporter, lost, send } = await setUp(t);
  collector.answers.push({ status: 400 });
  send(BATCH);
  await until(() => lost.length === 1);
  t.match(lost, [{ detail: `512 spans did not reach ${collector.url}`, message: 'it answers 400' }]);
  await exporter.close(5000);
  t.equal(collector.headers.length, 1);
});

t.test('spans that the collector rejects are counted', async (t) => {
  const { collector, exporter, lost, send } = await setUp(t);
  // partial_success { rejected_spans: 300, error_message: "x" }
  collector.answers.push({ status: 200, body: Buffer.from('0a0608ac02120178', 'hex') });
  send(BATCH);
  await until(() => lost.length === 1);
  t.match(lost, [{ detail: /^300 spans/, message: 'it rejects them' }]);
  await exporter.close(5000);
});

t.test('an empty answer is a full success, and nonsense is none of our business', async (t) => {
  const { collector, exporter, lost, send } = await setUp(t);
  for (const body of ['', '0a00', '0a', '0a80', '08ac02', 'ffffffffffffffffffff', '0a0208ff'])
    collector.answers.push({ status: 200, body: Buffer.from(body, 'hex') });
  send(7 * BATCH);
  await until(() => collector.spans.length === 7 * BATCH);
  await exporter.close(5000);
  t.strictSame(lost, []);
});

t.test('a collector that does not keep up costs spans, and a bounded store', async (t) => {
  const silent = await startRawUpstream(t, () => {});
  const { exporter, lost, send } = exporterTo(silent.url);
  // One on its way, eight in line, one that is filling.
  send(10 * BATCH - 1);
  t.strictSame(lost, []);
  send(1 + 5 * BATCH);
  t.match(lost, [{ detail: /^512 spans/, message: 'more spans come than it takes' }], 'said once a minute');
  await exporter.close(0);
  t.match(lost.slice(1), [{ detail: /^7168 spans/, message: 'the proxy ends' }], 'and the rest at the end');
});

t.test('once it is closed it takes nothing more', async (t) => {
  const { collector, exporter, send } = await setUp(t);
  await exporter.close(5000);
  send(BATCH);
  await exporter.close(5000);
  t.strictSame(collector.headers, []);
});
