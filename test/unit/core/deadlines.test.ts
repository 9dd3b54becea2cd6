import t from 'tap';
import { type Deadline, Deadlines } from '../../../src/core/deadlines.ts';

class Once implements Deadline {
  rosterIndex = -1;
  dueAt: number;
  readonly calls: number[] = [];

  constructor(dueAt: number) {
    this.dueAt = dueAt;
  }

  onDue(now: number): void {
    this.calls.push(now);
    this.dueAt = Infinity;
  }
}

/** A tick that never comes by itself: the test sweeps. */
function make() {
  const clock = { time: 0, now: () => clock.time };
  return { clock, deadlines: new Deadlines(clock, 1 << 30) };
}

t.test('whoever is due is called, once, and not before', async (t) => {
  const { clock, deadlines } = make();
  const [early, late, never] = [new Once(10), new Once(20), new Once(Infinity)];
  for (const member of [early, late, never]) deadlines.add(member);
  for (clock.time = 0; clock.time <= 30; clock.time += 5) deadlines.sweep();
  t.strictSame([early.calls, late.calls, never.calls], [[10], [20], []]);
  for (const member of [early, late, never]) deadlines.remove(member);
});

t.test('a member may move its deadline at any time', async (t) => {
  const { clock, deadlines } = make();
  const member = new Once(10);
  deadlines.add(member);
  member.dueAt = 100;
  clock.time = 50;
  deadlines.sweep();
  t.strictSame(member.calls, []);
  clock.time = 100;
  deadlines.sweep();
  t.strictSame(member.calls, [100]);
  deadlines.remove(member);
});

t.test('members may leave and join while they are called', async (t) => {
  const { deadlines } = make();
  const neighbour = new Once(0);
  const newcomer = new Once(Infinity);
  const leaving: Deadline = {
    rosterIndex: -1,
    dueAt: 0,
    onDue: () => {
      deadlines.remove(leaving);
      deadlines.remove(neighbour);
      deadlines.add(newcomer);
    },
  };
  deadlines.add(leaving);
  deadlines.add(neighbour);
  deadlines.sweep();
  t.strictSame(neighbour.calls, [], 'who has left is not called');
  deadlines.remove(newcomer);
});

t.test('the timer calls by itself, and ends with the last member', async (t) => {
  const deadlines = new Deadlines({ now: () => 1 }, 1);
  await new Promise<void>((resolve) => {
    const member: Deadline = {
      rosterIndex: -1,
      dueAt: 1,
      onDue: () => {
        deadlines.remove(member);
        resolve();
      },
    };
    deadlines.add(member);
    // The interval does not keep a process alive: something else must, for the time of this test.
    const alive = setInterval(() => {}, 1000);
    t.teardown(() => clearInterval(alive));
  });
  deadlines.remove(new Once(0));
  t.pass('removing a stranger from an empty one is no error');
});
