import { readFileSync } from 'node:fs';
import t from 'tap';
import { ERRORS, SallyportError } from '../../../src/core/errors.ts';

const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

/** The rows of the tables in docs/errors.md: code, source, status, retry, text. */
const rows = [...text.matchAll(/^\| `([a-z0-9_]+)` +\| (\w+) +\| (\d+) +\| (\w+) +\| (.+?) +\|$/gm)];

t.test('docs/errors.md and the table of errors say the same, both ways', (t) => {
  const documented = rows.map(([, code, source, status, retry, text]) => [
    code,
    { source, status: Number(status), retry, text },
  ]);
  t.same(Object.fromEntries(documented), ERRORS);
  t.equal(rows.length, Object.keys(ERRORS).length, 'each code once');
  t.end();
});

t.test('what clients are told holds no data and is a sentence', (t) => {
  for (const [code, { text }] of Object.entries(ERRORS)) t.match(text, /^[A-Z][^{}$%]*\.$/, code);
  t.end();
});

t.test('an error keeps its context and cause apart from what clients are told', (t) => {
  const cause = new Error('ECONNREFUSED 10.0.0.7:8443');
  const error = new SallyportError('upstream_unreachable', 'app.internal', cause);
  t.match(error, { code: 'upstream_unreachable', context: 'app.internal', cause });
  t.equal(error.kind, ERRORS.upstream_unreachable);
  t.notMatch(error.kind.text, /10\.0/);
  t.end();
});
