import t from 'tap';
import { Histogram } from '../../../bench/load/histogram.ts';

t.test('percentiles are within one percent of the truth', async (t) => {
  const histogram = new Histogram();
  for (let us = 1; us <= 100_000; us++) histogram.record(us);
  for (const percent of [1, 50, 90, 99, 99.9]) {
    const truth = percent * 1000;
    const seen = histogram.percentileUs(percent);
    t.ok(Math.abs(seen - truth) <= truth / 100, `p${percent} is ${seen}, not ${truth}`);
  }
  t.equal(histogram.count, 100_000);
  t.equal(histogram.maxUs, 100_000);
  t.equal(histogram.meanUs, 50_000.5);
});

t.test('short durations are exact', async (t) => {
  const histogram = new Histogram();
  for (const us of [3, 7, 255]) histogram.record(us + 0.9);
  t.equal(histogram.percentileUs(1), 3);
  t.equal(histogram.percentileUs(50), 7);
  t.equal(histogram.percentileUs(100), 255);
});

t.test('no percentile exceeds what was recorded', async (t) => {
  const histogram = new Histogram();
  histogram.record(1_000_001);
  t.equal(histogram.percentileUs(50), 1_000_001);
  t.equal(histogram.percentileUs(99.9), 1_000_001);
});

t.test('a duration beyond the range counts as the longest, a negative one as nothing', async (t) => {
  const histogram = new Histogram();
  histogram.record(-5);
  histogram.record(1e15);
  t.equal(histogram.percentileUs(50), 0);
  t.equal(histogram.maxUs, 0xffff_ffff);
  t.equal(histogram.percentileUs(100), 0xffff_ffff);
});

t.test('an empty histogram has zeros', async (t) => {
  const histogram = new Histogram();
  t.equal(histogram.percentileUs(99), 0);
  t.equal(histogram.meanUs, 0);
  t.same(histogram.doublings(), []);
});

t.test('the drawing has a row for each doubling, empty ones in between, and loses nothing', async (t) => {
  const histogram = new Histogram();
  for (const us of [100, 120, 1000, 1023, 1024]) histogram.record(us);
  t.same(histogram.doublings(), [
    [128, 2],
    [256, 0],
    [512, 0],
    [1024, 2],
    [2048, 1],
  ]);
});
