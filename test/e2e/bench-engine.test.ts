// What a request costs without TLS and system calls, held to recorded bounds: allocations and writes hardly depend on the
// machine. A change that needs more says so here.
import path from 'node:path';
import t from 'tap';
import { engineCost } from '../../bench/run/engine-cost.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Of Node 26.10: 11,900 bytes. */
const MAX_ALLOCATED_BYTES = 13_000;

t.test('a request allocates and writes no more than it did', (t) => {
  const { allocatedBytes, writes, us } = engineCost(ROOT);
  t.comment(`${us.toFixed(1)} us, ${allocatedBytes} bytes`);
  t.equal(writes, 2, 'one to the app, one to the client');
  t.ok(allocatedBytes > 2000, 'it was measured');
  t.ok(allocatedBytes <= MAX_ALLOCATED_BYTES, `${allocatedBytes} bytes`);
  t.end();
});
