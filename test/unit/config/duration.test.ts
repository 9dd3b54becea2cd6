import * as fc from '../../support/property.ts';
import t from 'tap';
import { formatDuration, MAX_DURATION_MS, parseDuration } from '../../../src/config/duration.ts';

t.test('a duration is a number with its unit, or several, or zero', (t) => {
  const cases: [string, number][] = [
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['1h2m3s4ms', 3_723_004],
  ];
  for (const [text, ms] of cases) t.equal(parseDuration(text), ms, text);
  t.end();
});

t.test('what a person might write instead is no duration', (t) => {
  for (const text of [
    '',
    '10',
    '1d',
    '1 s',
    '-1s',
    '+1s',
    '1S',
    's',
    '1e3s',
    '.5s',
    '5.s',
    'Infinity',
    '10s ',
  ])
    t.equal(parseDuration(text), undefined, JSON.stringify(text));
  t.end();
});

t.test('a duration that no timer can wait is refused rather than becoming 1 ms', (t) => {
  t.equal(parseDuration('596h'), 596 * 3_600_000);
  t.equal(parseDuration('597h'), undefined);
  t.equal(parseDuration(`${'9'.repeat(400)}h`), undefined);
  t.end();
});

t.test('what is printed is read back', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: MAX_DURATION_MS }),
      (ms) => parseDuration(formatDuration(ms)) === ms,
    ),
  );
  t.equal(formatDuration(90_000), '1m30s');
  t.end();
});
