// When load is shed for want of memory, and when no longer.
import t from 'tap';
import { MemoryBudget, type MemoryUse, memoryShare, memoryState } from '../../../src/core/memory-budget.ts';

const MIB = 1024 ** 2;
const use = (more: Partial<MemoryUse> = {}): MemoryUse => ({
  resident: 1000 * MIB,
  heap: 100 * MIB,
  heapLimit: 4000 * MIB,
  external: 50 * MIB,
  ...more,
});

t.test('what the process has not given back does not count, and no more than it has', (t) => {
  t.equal(memoryShare(use(), 0, 500 * MIB), 0.5, 'program, heap and buffers');
  t.equal(memoryShare(use(), 1600, 500 * MIB), 0.7, 'and connections');
  t.equal(
    memoryShare(use({ resident: 200 * MIB }), 1600, 500 * MIB),
    0.4,
    'resident memory is the most it can be',
  );
  t.equal(memoryShare(use({ heap: 3800 * MIB }), 0, Infinity), 0.95, 'V8 has a limit of its own');
  t.end();
});

t.test('shed from nine tenths on, nobody let in beyond the whole, and enough again further down', (t) => {
  const states = [];
  let state: ReturnType<typeof memoryState> = 'enough';
  for (const share of [0.89, 0.9, 0.87, 0.99, 1, 1.2, 0.95, 0.86, 0.84, 0.87])
    states.push((state = memoryState(state, share)));
  const after = ['shed', 'shed', 'shed', 'full', 'full', 'shed', 'shed', 'enough', 'enough'];
  t.strictSame(states, ['enough', ...after]);
  t.end();
});

t.test('what is garbage is collected before anybody is turned away, and changes are told once', (t) => {
  const looks = [
    use({ external: 400 * MIB }),
    use(),
    use({ external: 400 * MIB }),
    use({ external: 500 * MIB }),
    use(),
  ];
  const told: string[] = [];
  const budget = new MemoryBudget({
    connections: () => 0,
    onChange: (state, share) => told.push(`${state} ${share.toFixed(2)}`),
    use: () => looks.shift() ?? use(),
  });
  t.teardown(() => budget.stop());
  budget.limitBytes = 600 * MIB;
  t.equal(budget.state, 'enough', 'it was garbage');
  t.equal(looks.length, 3, 'looked twice');
  budget.look();
  t.equal(budget.state, 'full', 'just collected: not again');
  budget.look();
  t.strictSame(told, ['full 1.00']);
  budget.look();
  t.equal(budget.state, 'enough');
  t.strictSame(told, ['full 1.00', 'enough 0.42']);
  t.end();
});
