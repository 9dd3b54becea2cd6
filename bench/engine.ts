// `npm run bench:engine`: what is done for a request in JavaScript, without TLS and system calls, between sockets that
// cost nothing: microseconds, bytes allocated and writes. The last two hardly depend on the machine. `--json` for tests.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeCertificates } from './run/certificates.ts';
import { createEngine, type Engine } from './run/engine.ts';
import type { EngineCost } from './run/engine-cost.ts';
import { median } from './run/summary.ts';

const CONNECTIONS = 64;
const TURNS = 200;
const ROUNDS = 9;
/** So few that nothing is collected meanwhile, given the room for new objects that the script asks for. */
const ALLOCATION_TURNS = 40;

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
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < ALLOCATION_TURNS; i++) await engine.turn();
    allocated.push((process.memoryUsage().heapUsed - before) / ALLOCATION_TURNS / CONNECTIONS);
  }
  return {
    us: median(costs),
    // A round in which something was collected after all has a low figure.
    allocatedBytes: Math.round(median(allocated)),
    writes: (engine.writes - writesBefore) / ROUNDS / ALLOCATION_TURNS / CONNECTIONS,
  };
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'sallyport-engine-'));
try {
  const certificates = await writeCertificates(folder);
  const cost = await measure(
    await createEngine(certificates, { connections: CONNECTIONS, answerBytes: 1024 }),
  );
  if (process.argv.includes('--json')) console.log(JSON.stringify(cost));
  else
    console.log(
      `a request: ${cost.us.toFixed(1)} us, ${cost.allocatedBytes} bytes allocated, ${cost.writes} writes`,
    );
} finally {
  rmSync(folder, { recursive: true });
}
process.exit();
