// In a process of its own, whose collections are counted: what was received outside of the heap goes with young ones.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import t from 'tap';

const MODULE = path.resolve(import.meta.dirname, '../../../src/core/collection.ts');

/** 2 GiB are received in pieces of 16 KiB; returns how many collections of each kind there were. */
function collections(isNoted: boolean): { scavenges: number; compactions: number } {
  const script = `
    import { noteReceived } from ${JSON.stringify(MODULE)};
    const note = ${isNoted} ? noteReceived : () => {};
    for (let i = 0; i < 131_072; i++) {
      const bytes = Buffer.allocUnsafeSlow(16_384);
      note(bytes.length);
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    if (typeof globalThis.gc !== 'undefined') throw new Error('exposed to everybody');`;
  const args = ['--trace-gc', '--input-type=module', '--eval', script];
  const output = execFileSync(process.execPath, args, { encoding: 'utf8', cwd: path.dirname(MODULE) });
  const count = (kind: RegExp): number => output.split('\n').filter((line) => kind.test(line)).length;
  return { scavenges: count(/: Scavenge /), compactions: count(/: (?:Incremental )?Mark-Compact /) };
}

t.test('what is received is collected young, and the whole heap is left alone', async (t) => {
  const [without, noted] = [collections(false), collections(true)];
  t.comment(without, noted);
  t.ok(noted.scavenges >= 100, `${noted.scavenges} young collections`);
  t.ok(noted.compactions <= 0.7 * without.compactions, `${noted.compactions} of the whole heap`);
});
