import t from 'tap';
import { splitWeight } from '../../../src/config/weight.ts';

t.test('a weight stands behind the last comma', (t) => {
  t.same(splitWeight('https://a,3'), { url: 'https://a', weight: 3 });
  t.same(splitWeight('https://a, 3'), { url: 'https://a', weight: 3 });
  t.same(splitWeight('https://a'), { url: 'https://a', weight: undefined });
  t.same(splitWeight('https://a,x'), { url: 'https://a', weight: Number.NaN });
  t.end();
});
