import t from 'tap';
import { UncertifiedSessions } from '../../../src/edge/uncertified-sessions.ts';

const HOST = 'app.sallyport.localhost';
const RESUMED = { sni: HOST, isResumed: true, timeoutMs: 300 };

function make() {
  const clock = { time: 1_000, now: () => clock.time };
  return { clock, sessions: new UncertifiedSessions(clock) };
}

t.test('where such a session was resumed, nobody resumes as long as a ticket lives', async (t) => {
  const { clock, sessions } = make();
  t.notOk(sessions.take('192.0.2.1', HOST));
  sessions.add('192.0.2.1', RESUMED);
  clock.time += 299;
  t.ok(sessions.take('192.0.2.1', HOST));
  t.ok(sessions.take('192.0.2.1', HOST));
  t.notOk(sessions.take('192.0.2.2', HOST), 'not another address');
  t.notOk(sessions.take('192.0.2.1', 'other.sallyport.localhost'), 'not another name');
  t.notOk(sessions.take('192.0.2.1', undefined));
  clock.time += 1;
  t.notOk(sessions.take('192.0.2.1', HOST));
});

t.test('a stranger who was refused in a full handshake costs one other hello, and no more', async (t) => {
  const { clock, sessions } = make();
  sessions.add('192.0.2.1', { ...RESUMED, isResumed: false });
  t.ok(sessions.take('192.0.2.1', HOST));
  t.notOk(sessions.take('192.0.2.1', HOST));
  sessions.add('192.0.2.1', { ...RESUMED, isResumed: false });
  clock.time += 300;
  t.notOk(sessions.take('192.0.2.1', HOST), 'nor later than a ticket lives');
});

t.test('a refusal in a full handshake takes nothing from one on a resumed session', async (t) => {
  const { sessions } = make();
  sessions.add('192.0.2.1', RESUMED);
  sessions.add('192.0.2.1', { ...RESUMED, isResumed: false });
  t.ok(sessions.take('192.0.2.1', HOST));
  t.ok(sessions.take('192.0.2.1', HOST));
});

t.test('a refusal more makes it last from then', async (t) => {
  const { clock, sessions } = make();
  const nameless = { ...RESUMED, sni: undefined };
  sessions.add('192.0.2.1', nameless);
  clock.time += 200;
  sessions.add('192.0.2.1', nameless);
  clock.time += 200;
  t.ok(sessions.take('192.0.2.1', undefined));
});

t.test('a flood of names forgets the oldest, and is bounded', async (t) => {
  const { sessions } = make();
  for (let index = 0; index <= 10_000; index++)
    sessions.add('192.0.2.1', { ...RESUMED, sni: `a${index}.test` });
  t.notOk(sessions.take('192.0.2.1', 'a0.test'));
  t.ok(sessions.take('192.0.2.1', 'a1.test'));
  t.ok(sessions.take('192.0.2.1', 'a10000.test'));
});
