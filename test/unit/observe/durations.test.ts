import { AggregatorRegistry, Registry } from 'prom-client';
import t from 'tap';
import { Durations } from '../../../src/observe/durations.ts';

const linesOf = async (registry: Registry): Promise<string[]> =>
  (await registry.metrics()).split('\n').filter((line) => line !== '');

t.test('a histogram as Prometheus has it', async (t) => {
  const registry = new Registry();
  const durations = new Durations(registry, 'waits_seconds', 'Waits.', 'door');
  for (const seconds of [0.0004, 0.001, 0.0011, 0.3, 31]) durations.observe('a "front"', seconds);
  const lines = await linesOf(registry);
  t.strictSame(lines.slice(0, 2), ['# HELP waits_seconds Waits.', '# TYPE waits_seconds histogram']);
  for (const line of [
    'waits_seconds_bucket{le="0.001",door="a \\"front\\""} 2',
    'waits_seconds_bucket{le="0.0025",door="a \\"front\\""} 3',
    'waits_seconds_bucket{le="0.25",door="a \\"front\\""} 3',
    'waits_seconds_bucket{le="0.5",door="a \\"front\\""} 4',
    'waits_seconds_bucket{le="30",door="a \\"front\\""} 4',
    'waits_seconds_bucket{le="+Inf",door="a \\"front\\""} 5',
    'waits_seconds_count{door="a \\"front\\""} 5',
  ])
    t.ok(lines.includes(line), line);
  t.match(lines.at(-2), /^waits_seconds_sum\{door="a \\"front\\""\} 31\.30/);
});

t.test('several processes add up, and labels do not fill the memory', async (t) => {
  const registry = new Registry();
  const durations = new Durations(registry, 'waits_seconds', 'Waits.', 'door');
  for (let i = 0; i < 1000; i++) durations.observe(`door ${i}`, 1);
  const values = await registry.getMetricsAsJSON();
  const lines = await linesOf(AggregatorRegistry.aggregate([values, values]));
  t.ok(lines.includes('waits_seconds_count{door="other"} 1600'));
  t.ok(lines.includes('waits_seconds_bucket{le="1",door="door 7"} 2'));
  t.equal(lines.filter((line) => line.startsWith('waits_seconds_count')).length, 201);
});
