// Whose turn it is among endpoints of several priorities.
import t from 'tap';
import { parseTarget } from '../../../src/core/target.ts';
import type { Endpoint } from '../../../src/upstream/contract.ts';
import { EndpointSet, type Member, type SetPolicy } from '../../../src/upstream/endpoint-set.ts';
import { EndpointHealth, type OutlierSettings } from '../../../src/upstream/health.ts';

const OUTLIERS: OutlierSettings = {
  consecutiveFailures: 1,
  consecutive5xx: 0,
  baseMs: 60_000,
  maxMs: 60_000,
  maxPercent: 50,
};
const SETTINGS: SetPolicy = { policy: 'ROUND_ROBIN', outliers: OUTLIERS, panicPercent: 0, slowStartMs: 0 };

const POOL = {
  client: 'raw' as const,
  target: parseTarget('http://app.test'),
  dns: undefined,
  identity: undefined,
  trust: undefined,
  spkiPins: [],
  sanPins: [],
  connectTimeoutMs: 0,
  maxConnections: 1,
  maxWaiting: 1024,
  pipelining: 1,
  hasH2: false,
};

const neverOpened = (): never => {
  throw new Error('nothing is opened');
};

/** One for each tier that is given. */
function setOf(tiers: readonly number[], more: Partial<SetPolicy> = {}) {
  const members = tiers.map((tier, index): Member & { health: EndpointHealth } => {
    const name = String(index);
    const health = new EndpointHealth(name, () => {});
    const endpoint = { name, authority: 'app.test', open: neverOpened };
    return { endpoint, pool: POOL, weight: 1, tier, health };
  });
  const set = new EndpointSet(members, { ...SETTINGS, ...more });
  const fail = (...indexes: readonly number[]): void => {
    for (const index of indexes) members[index]?.health.eject(performance.now(), OUTLIERS);
  };
  const picks = (count: number, not?: Endpoint): string =>
    Array.from({ length: count }, () => set.pick({ not })?.name).join('');
  return { set, members, fail, picks };
}

t.test('the lowest tier gets everything while one of it is ready', (t) => {
  const { picks, fail, members } = setOf([1, 0, 0, 2]);
  t.equal(picks(4), '1212');
  fail(1);
  t.equal(picks(4), '2222');
  t.equal(picks(1, members[2]?.endpoint), '0', 'a second try goes on to the next tier');
  fail(2);
  t.equal(picks(2), '00');
  fail(0);
  t.equal(picks(2), '33');
  fail(3);
  t.match(picks(4), /1212|2121/, 'where none is ready the first tier is asked');
  t.end();
});

t.test('too few that are ready are judged within a tier', (t) => {
  const { picks, fail } = setOf([0, 0, 0, 1], { panicPercent: 50 });
  fail(0, 1);
  t.equal(picks(6), '012012');
  fail(2);
  t.equal(picks(2), '33');
  t.end();
});

t.test('a whole tier may be left out where the next one can take over, a last one may not', (t) => {
  const { set, members, fail } = setOf([0, 0, 1, 1]);
  const mayEject = (index: number): boolean | undefined => {
    const health = members[index]?.health;
    return health && set.mayEject(health);
  };
  fail(0);
  t.equal(mayEject(1), true);
  fail(2);
  t.equal(mayEject(3), false);
  t.notOk(set.mayEject(new EndpointHealth('gone', () => {})));
  t.end();
});

t.test('what a cookie remembers keeps no browser on a tier that is not in use', (t) => {
  const { set, members } = setOf([0, 0, 1]);
  t.equal(set.pick({ preferred: members[1]?.endpoint })?.name, '1');
  t.equal(set.pick({ preferred: members[2]?.endpoint })?.name, '0');
  t.end();
});
