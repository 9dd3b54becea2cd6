import t from 'tap';
import { UncertifiedSessions } from '../../../src/edge/uncertified-sessions.ts';

const HOST = 'app.sallyport.localhost';

function make() {
  const clock = { time: 1_000, now: () => clock.time };
  return { clock, sessions: new UncertifiedSessions(clock) };
}

t.test('an address and a name are known as long as a ticket lives', async (t) => {
  const { clock, sessions } = make();
  t.notOk(sessions.has('192.0.2.1', HOST));
  sessions.add('192.0.2.1', HOST, 300);
  clock.time += 299;
  t.ok(sessions.has('192.0.2.1', HOST));
  t.notOk(sessions.has('192.0.2.2', HOST), 'not another address');
  t.notOk(sessions.has('192.0.2.1', 'other.sallyport.localhost'), 'not another name');
  t.notOk(sessions.has('192.0.2.1', undefined));
  clock.time += 1;
  t.notOk(sessions.has('192.0.2.1', HOST));
});

t.test('a refusal more makes it last from then', async (t) => {
  const { clock, sessions } = make();
  sessions.add('192.0.2.1', undefined, 300);
  clock.time += 200;
  sessions.add('192.0.2.1', undefined, 300);
  clock.time += 200;
  t.ok(sessions.has('192.0.2.1', undefined));
});

t.test('a flood of names forgets the oldest, and is bounded', async (t) => {
  const { sessions } = make();
  for (let index = 0; index <= 10_000; index++) sessions.add('192.0.2.1', `a${index}.test`, 300);
  t.notOk(sessions.has('192.0.2.1', 'a0.test'));
  t.ok(sessions.has('192.0.2.1', 'a1.test'));
  t.ok(sessions.has('192.0.2.1', 'a10000.test'));
});
