// What a request costs, held to recorded bounds, as far as it hardly depends on the machine: allocations, writes and
// instructions of the engine, system calls of the whole. A change that needs more says so here.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { prepareSallyport } from '../../bench/peers/sallyport.ts';
import { engineCost } from '../../bench/run/engine-cost.ts';
import { withRig } from '../../bench/run/rig.ts';
import { writesAndReads } from '../../bench/run/system-calls.ts';
import { requireTool } from '../support/requires.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Of Node 26.10: 11,900 bytes. */
const MAX_ALLOCATED_BYTES = 13_000;
/** Of Node 26.10: 130,000. */
const MAX_INSTRUCTIONS = 143_000;
/** 4.1: two of each, and now and then one for what is left of a record. */
const MAX_WRITES_AND_READS = 4.5;

t.setTimeout(400_000);

t.test('a request allocates and writes no more than it did', (t) => {
  const { allocatedBytes, writes, us } = engineCost(ROOT);
  t.comment(`${us.toFixed(1)} us, ${allocatedBytes} bytes`);
  t.equal(writes, 2, 'one to the app, one to the client');
  t.ok(allocatedBytes > 2000, 'it was measured');
  t.ok(allocatedBytes <= MAX_ALLOCATED_BYTES, `${allocatedBytes} bytes`);
  t.end();
});

t.test('a request takes no more instructions than it did', async (t) => {
  if (!requireTool(t, 'valgrind')) return;
  const { stdout } = await promisify(execFile)(process.execPath, [
    path.join(ROOT, 'bench/instructions.ts'),
    '--json',
  ]);
  const { instructions } = JSON.parse(stdout) as { instructions: number };
  t.comment(`${instructions} instructions`);
  t.ok(instructions > 20_000, 'they were counted');
  t.ok(instructions <= MAX_INSTRUCTIONS, `${instructions} instructions`);
});

t.test('a request takes no more system calls than it did', async (t) => {
  if (!requireTool(t, 'strace')) return;
  await withRig(async (rig) => {
    const proxy = await rig.start('sallyport', (context) => prepareSallyport(context));
    const calls = await writesAndReads(rig, proxy);
    t.comment(`${calls} writes and reads`);
    t.ok(calls !== undefined && calls >= 3.5, 'they were counted');
    t.ok(calls !== undefined && calls <= MAX_WRITES_AND_READS, `${calls} writes and reads`);
  });
});
