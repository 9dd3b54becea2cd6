import t from 'tap';
import { sharesOf } from '../../../bench/run/cpu-profile.ts';

const frame = (functionName: string, url: string, lineNumber = 0) => ({
  callFrame: { functionName, url, lineNumber },
});

t.test('shares of the busy time within the window, by room and by function', (t) => {
  const profile = {
    nodes: [
      { id: 1, ...frame('parse', 'file:///sally/src/http1/head.ts', 9) },
      { id: 2, ...frame('writeBuffer', '') },
      { id: 3, ...frame('(idle)', '') },
      { id: 4, ...frame('', 'node:internal/streams/readable', 4) },
    ],
    startTime: 1000,
    samples: [1, 1, 2, 3, 4, 1],
    timeDeltas: [50, 100, 200, 400, 100, 5000],
  };
  const { rooms, functions } = sharesOf(profile, { root: '/sally', from: 1100, to: 2000, answers: 10 });
  t.strictSame(rooms, [
    { name: 'writeBuffer', share: 0.5, us: 20 },
    { name: 'src/http1', share: 0.25, us: 10 },
    { name: 'node:internal/streams', share: 0.25, us: 10 },
  ]);
  t.strictSame(
    functions.map(({ name }) => name),
    ['writeBuffer', 'parse src/http1/head.ts:10', '(anonymous) node:internal/streams/readable:5'],
  );
  t.end();
});
