import t from 'tap';
import { EndpointHealth, type OutlierSettings } from '../../../src/upstream/health.ts';

const SETTINGS: OutlierSettings = {
  consecutiveFailures: 3,
  consecutive5xx: 2,
  baseMs: 100,
  maxMs: 350,
  maxPercent: 50,
};
const THRESHOLDS = { healthy: 2, unhealthy: 3 };

function watched() {
  const told: string[] = [];
  const health = new EndpointHealth('app', ({ isReady, reason }) => told.push(`${isReady}: ${reason}`));
  return { health, told };
}

t.test('failures in a row, and nothing between them', (t) => {
  const { health } = watched();
  t.strictSame(
    [1, 2].map(() => health.noteFailure(SETTINGS)),
    [false, false],
  );
  t.notOk(health.noteAnswer(200, SETTINGS));
  t.strictSame(
    [1, 2, 3].map(() => health.noteFailure(SETTINGS)),
    [false, false, true],
  );
  t.strictSame(
    [500, 404, 503, 502].map((status) => health.noteAnswer(status, SETTINGS)),
    [false, false, false, true],
  );
  t.notOk(health.noteFailure({ ...SETTINGS, consecutiveFailures: 0 }));
  t.end();
});

t.test('each time out is twice as long, up to a limit, and forgotten after peace', (t) => {
  const { health, told } = watched();
  let now = 1000;
  for (const ms of [100, 200, 350, 350]) {
    health.eject(now, SETTINGS);
    t.notOk(health.isReady(now + ms - 1));
    t.ok(health.isReady(now + ms), `${ms} ms`);
    now += ms + 1;
  }
  now += 2 * 350 + 1;
  health.eject(now, SETTINGS);
  t.ok(health.isReady(now + 100), 'as the first time');
  t.match(told[0], /^false: fails, gets no requests for 100 ms$/);
  t.end();
});

t.test('checks in a row take it out and in', (t) => {
  const { health, told } = watched();
  const check = (...faults: (string | undefined)[]): void => {
    for (const fault of faults) health.noteCheck(fault, THRESHOLDS, 5000);
  };
  check('x', 'x', undefined, 'x', 'x');
  t.ok(health.isReady(5000));
  check('answers 500');
  t.notOk(health.isReady(5000));
  check(undefined, 'x', undefined);
  t.notOk(health.isReady(5000));
  check(undefined);
  t.ok(health.isReady(5000));
  t.strictSame(told, ['false: answers 500', 'true: is well again']);
  t.equal(health.shareAt(5000, 1000), 0.1, 'and begins with less than its share');
  t.equal(health.shareAt(5500, 1000), 0.5);
  t.equal(health.shareAt(9000, 1000), 1);
  t.end();
});

t.test('what never was out has its whole share', (t) => {
  t.equal(watched().health.shareAt(10, 1000), 1);
  t.end();
});
