import t from 'tap';
import { parseSize } from '../../../src/config/size.ts';

t.test('a size is bytes, or a number with a unit of 1000 or 1024', (t) => {
  const cases: [string, number][] = [
    ['0', 0],
    ['240', 240],
    ['10B', 10],
    ['64KiB', 65_536],
    ['64kib', 65_536],
    ['64 KiB', 65_536],
    ['10MB', 10_000_000],
    ['1.5KiB', 1536],
    ['1GiB', 1_073_741_824],
  ];
  for (const [text, bytes] of cases) t.equal(parseSize(text), bytes, text);
  t.end();
});

t.test('what is no whole number of bytes is refused', (t) => {
  for (const text of [
    '',
    '-1',
    '1.5',
    '0.1KiB',
    '1K',
    '1Ki',
    '1iB',
    '1e3',
    'B',
    '9007199254740993',
    '9999999TiB',
  ])
    t.equal(parseSize(text), undefined, JSON.stringify(text));
  t.end();
});
