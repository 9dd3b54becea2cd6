import { readFileSync } from 'node:fs';
import t from 'tap';
import { EXIT } from '../../../src/cli/exit-codes.ts';

t.test('the exit codes in docs/cli.md are those of the program', (t) => {
  const text = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  const documented = [...text.matchAll(/^\| `(\w+)` +\| (\d+) +\| /gm)].map(([, name, code]) => [
    name,
    Number(code),
  ]);
  t.strictSame(Object.fromEntries(documented), EXIT);
  t.equal(documented.length, Object.keys(EXIT).length);
  t.end();
});
