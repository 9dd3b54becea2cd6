import t from 'tap';
import { RequestTiming } from '../../../src/edge/request-timing.ts';

const LIMITS = { headMs: 100, idleMs: 1000, minBodyBytesPerSecond: 200, bodyGraceMs: 500 };
/** What a body must bring in one window. */
const ENOUGH = 100;

t.test('a connection that waits for a request is closed when it is idle for too long', async (t) => {
  const timing = new RequestTiming(LIMITS, 0);
  t.equal(timing.dueAt, 1000);
  t.equal(timing.check(1000, 0), 'close');
  timing.enterIdle(400);
  t.equal(timing.dueAt, 1400, 'counted from the last answer');
});

t.test('a head has one deadline from its first byte, whatever drips in', async (t) => {
  const timing = new RequestTiming(LIMITS, 0);
  timing.enterHead(50);
  t.equal(timing.dueAt, 150);
  timing.leaveBlocked();
  timing.resumeBody(120, 0);
  timing.pauseBody();
  t.equal(timing.dueAt, 150, 'nothing moves it');
  t.equal(timing.check(150, 0), 'request_timeout');
});

t.test('a body must bring enough in every window', async (t) => {
  const timing = new RequestTiming(LIMITS, 0);
  timing.enterBody(0);
  t.equal(timing.dueAt, 500);
  t.equal(timing.check(500, ENOUGH), undefined);
  t.equal(timing.dueAt, 1000, 'the next window');
  t.equal(timing.check(1000, ENOUGH + ENOUGH - 1), 'body_too_slow', 'what came before does not count again');
});

t.test('nobody is blamed while it is we who do not read', async (t) => {
  const timing = new RequestTiming(LIMITS, 0);
  timing.enterBody(0);
  timing.pauseBody();
  t.equal(timing.dueAt, Infinity);
  timing.resumeBody(10_000, 20);
  t.equal(timing.dueAt, 10_500);
  t.equal(timing.check(10_500, 20 + ENOUGH), undefined);
});

t.test('without a minimum rate a body may take for ever', async (t) => {
  const timing = new RequestTiming({ ...LIMITS, minBodyBytesPerSecond: 0 }, 0);
  timing.enterBody(0);
  t.equal(timing.dueAt, Infinity);
});

t.test('an answer in the making has no deadline of its own', async (t) => {
  const timing = new RequestTiming(LIMITS, 0);
  timing.enterAnswer();
  t.equal(timing.dueAt, Infinity);
});

t.test('a client that does not take its answer is cut', async (t) => {
  const timing = new RequestTiming(LIMITS, 0);
  timing.enterAnswer();
  timing.enterBlocked(200);
  timing.enterBlocked(900);
  t.equal(timing.dueAt, 1200, 'counted from when it began');
  t.equal(timing.check(1200, 0), 'cut');
  timing.leaveBlocked();
  t.equal(timing.dueAt, Infinity);
});

t.test('of a slow body and an answer not taken the first that is due counts', async (t) => {
  const timing = new RequestTiming(LIMITS, 0);
  timing.enterBody(0);
  timing.enterBlocked(0);
  t.equal(timing.dueAt, 500);
  t.equal(timing.check(500, ENOUGH), undefined);
  t.equal(timing.dueAt, 1000);
  t.equal(timing.check(1000, ENOUGH + ENOUGH), 'cut');
});

t.test('a client that does not take its last answer is cut when it is idle for too long', async (t) => {
  const timing = new RequestTiming(LIMITS, 0);
  timing.enterFlush(100);
  timing.pauseBody();
  t.equal(timing.dueAt, 1100);
  t.equal(timing.check(1100, 0), 'cut');
});

t.test('a closing connection is let go after two seconds, whatever it still sends or takes', async (t) => {
  const timing = new RequestTiming(LIMITS, 0);
  timing.enterLinger(100);
  timing.enterBlocked(200);
  timing.leaveBlocked();
  timing.pauseBody();
  t.equal(timing.dueAt, 2100);
  t.equal(timing.check(2100, 0), 'let_go');
});
