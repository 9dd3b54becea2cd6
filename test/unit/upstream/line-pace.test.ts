import t from 'tap';
import { LINE_BOUND_MS, LinePace } from '../../../src/upstream/line-pace.ts';

t.test('a line is as long as the settings allow while the app answers at once', (t) => {
  const pace = new LinePace(16);
  t.equal(pace.depth(0), 16);
  for (let i = 0; i < 100; i++) pace.note(1);
  t.equal(pace.depth(0), 16);
  t.end();
});

t.test(
  'a slow app gets shorter lines, down to one after the other, and longer ones once it is quick',
  (t) => {
    const pace = new LinePace(16);
    for (let i = 0; i < 100; i++) pace.note(LINE_BOUND_MS / 4);
    t.equal(pace.depth(0), 4);
    for (let i = 0; i < 100; i++) pace.note(10 * LINE_BOUND_MS);
    t.equal(pace.depth(0), 1);
    for (let i = 0; i < 100; i++) pace.note(0.1);
    t.equal(pace.depth(0), 16);
    t.end();
  },
);

t.test('one long answer among many short ones shortens lines for a moment only', (t) => {
  const pace = new LinePace(8);
  pace.note(1000);
  t.equal(pace.depth(0), 1);
  for (let i = 0; i < 20; i++) pace.note(0.1);
  t.equal(pace.depth(0), 8);
  t.end();
});

t.test('after a line was broken up there are none for a second', (t) => {
  const pace = new LinePace(8);
  pace.punish(5000);
  t.equal(pace.depth(5999), 1);
  t.equal(pace.depth(6000), 8);
  t.end();
});
