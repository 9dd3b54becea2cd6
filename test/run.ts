// `npm test`: runs tap over the suite, shows failures and skips, and closes with `N passed, N failed`.
// Arguments are passed on to tap: `npm test -- test/unit/http1`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const tap = path.join(root, 'node_modules', '.bin', 'tap');
const started = Date.now();
const child = spawn(tap, ['run', '--reporter=tap', ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const closed = once(child, 'close') as Promise<[number | null]>;

// TAP indents by four a level: a file's own line has none, the tests in it have one level, assertions two or more.
const POINT = /^( {4})?(not )?ok \d+ - (.*)$/;
const MAX_TOLD = 40;
let passed = 0;
let failed = 0;
let skipped = 0;
let failedInFile = 0;
/** Lines shown of the failure at hand. */
let told = MAX_TOLD;

for await (const line of createInterface({ input: child.stdout })) {
  const point = POINT.exec(line);
  // An assertion that failed, and what tap has to say about it.
  if (/^ {8,}not ok/.test(line)) told = 0;
  if (told < MAX_TOLD) {
    console.log(line.slice(8));
    told = line.trim() === '...' ? MAX_TOLD : told + 1;
  }
  if (point === null) continue;
  const [, indent, isBad, text = ''] = point;
  const name = text.replace(/ # time=.*$/, '');
  if (indent === undefined) {
    // A file that fails outside of its tests (crash, timeout, no tests) counts as one failure.
    if (isBad !== undefined && failedInFile === 0) {
      failed++;
      console.log(`FAILED: ${name}`);
    }
    console.log(`${isBad === undefined ? 'ok    ' : 'NOT OK'} ${name}`);
    failedInFile = 0;
  } else if (/ # SKIP/i.test(text)) {
    skipped++;
    console.log(`skipped: ${name}`);
  } else if (isBad === undefined) passed++;
  else {
    failed++;
    failedInFile++;
    console.log(`FAILED: ${name}`);
  }
}
const [code] = await closed;
if (code !== 0 && failed === 0) failed = 1;
console.log(`# ${Math.round((Date.now() - started) / 1000)} s, ${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
