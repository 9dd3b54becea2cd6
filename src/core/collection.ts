// Collections of V8's young generation as messages pass. Their bytes lie outside of its heap, where V8 counts them but does
// not see how soon they are gone: for want of memory it collects the whole heap, up to ten times a second and 50 ms each,
// long before its young generation is full. Collecting that alone takes half a millisecond and frees the same.
import v8 from 'node:v8';
import vm from 'node:vm';

/** V8 begins to collect everything where 10 to 30 MiB have been added since the last collection. */
const LIMIT_BYTES = 12 * 1024 * 1024;
/** What is made outside of the heap around a piece that is received: what is written for it, and the buffers of TLS. */
const EACH_BYTES = 8 * 1024;

type Collect = (options: { type: 'minor' | 'major' }) => void;

let passed = 0;
let collect: Collect | undefined;

/** A piece of so many bytes was read from a socket, into memory that will not be needed for long. */
export function noteReceived(bytes: number): void {
  passed += bytes + EACH_BYTES;
  if (passed < LIMIT_BYTES) return;
  passed = 0;
  collect ??= exposeCollect();
  collect({ type: 'minor' });
}

/** For want of memory: takes as long as it takes. */
export function collectAll(): void {
  collect ??= exposeCollect();
  collect({ type: 'major' });
}

/** What `--expose-gc` gives, without asking users for it. */
function exposeCollect(): Collect {
  v8.setFlagsFromString('--expose-gc');
  const exposed: unknown = vm.runInNewContext('globalThis.gc');
  v8.setFlagsFromString('--no-expose-gc');
  return typeof exposed === 'function' ? (exposed as Collect) : () => {};
}
