// `npm run bench:engine`: what is done for a request in JavaScript, without TLS and system calls, between sockets that
// cost nothing: microseconds, bytes allocated and writes. The last two hardly depend on the machine. `--json` for tests;
// `--traces RATIO`, 0 to 1, with traces that a collector gets.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import v8 from 'node:v8';
import { writeCertificates } from './run/certificates.ts';
import { startCollector } from './run/collector.ts';
import { createEngine, type Engine } from './run/engine.ts';
import type { EngineCost } from './run/engine-cost.ts';
import { median } from './run/summary.ts';

const CONNECTIONS = 64;
const TURNS = 200;
const ROUNDS = 9;
const ALLOCATION_TURNS = 40;

/** On V8's heap since the process began, whatever was collected. */
function allocatedBytes(): number {
  // Its types do not know it yet.
  const { total_allocated_bytes: bytes } = v8.getHeapStatistics() as unknown as Record<string, number>;
  return bytes ?? Number.NaN;
}

async function measure(engine: Engine): Promise<EngineCost> {
  for (let i = 0; i < 2 * TURNS; i++) await engine.turn();
  const costs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begun = process.cpuUsage();
    for (let i = 0; i < TURNS; i++) await engine.turn();
    const { user, system } = process.cpuUsage(begun);
    costs.push((user + system) / TURNS / CONNECTIONS);
  }
  const allocated: number[] = [];
  const writesBefore = engine.writes;
  for (let round = 0; round < ROUNDS; round++) {
    const before = allocatedBytes();
    for (let i = 0; i < ALLOCATION_TURNS; i++) await engine.turn();
    allocated.push((allocatedBytes() - before) / ALLOCATION_TURNS / CONNECTIONS);
  }
  return {
    us: median(costs),
    allocatedBytes: Math.round(median(allocated)),
    writes: (engine.writes - writesBefore) / ROUNDS / ALLOCATION_TURNS / CONNECTIONS,
  };
}

const { values } = parseArgs({ options: { json: { type: 'boolean' }, traces: { type: 'string' } } });
const ratio = values.traces === undefined ? undefined : Number(values.traces);
const traces = ratio === undefined ? undefined : { collector: await startCollector(), ratio };
const folder = mkdtempSync(path.join(os.tmpdir(), 'sallyport-engine-'));
try {
  const certificates = await writeCertificates(folder);
  const cost = await measure(
    await createEngine(certificates, { connections: CONNECTIONS, answerBytes: 1024, traces }),
  );
  if (values.json === true) console.log(JSON.stringify(cost));
  else
    console.log(
      `a request: ${cost.us.toFixed(1)} us, ${cost.allocatedBytes} bytes allocated, ${cost.writes} writes`,
    );
} finally {
  rmSync(folder, { recursive: true });
}
process.exit();
