import t from 'tap';
import { editDistance, suggest } from '../../../src/core/suggest.ts';

t.test('a slip of the finger finds the word that was meant', (t) => {
  const known = ['address', 'routes', 'prefix', 'path', 'to', 'tls_client_cert_file'];
  t.equal(suggest('adress', known), 'address');
  t.equal(suggest('Routes', known), 'routes');
  t.equal(suggest('rotues', known), 'routes');
  t.equal(suggest('tls-client-cert-file', known), 'tls_client_cert_file');
  t.end();
});

t.test('a word unlike any other gets no suggestion', (t) => {
  t.equal(suggest('lambda', ['address', 'to']), undefined);
  t.equal(suggest('x'.repeat(10_000), ['address']), undefined);
  t.equal(suggest('anything', []), undefined);
  t.end();
});

t.test('distance counts insertions, deletions, replacements and swaps', (t) => {
  t.equal(editDistance('', 'abc'), 3);
  t.equal(editDistance('abc', 'abc'), 0);
  t.equal(editDistance('abc', 'acb'), 1);
  t.equal(editDistance('kitten', 'sitting'), 3);
  t.end();
});
