import t from 'tap';
import type { Life } from '../../../src/pipeline/life.ts';
import { Tracer } from '../../../src/pipeline/tracer.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** As much of one as a tracer looks at. `sha256`: of a certificate that was vouched for. */
function life(sha256: string | undefined, flags: '00' | '01', time = 0): Life {
  return {
    time,
    verdict: sha256 === undefined ? undefined : { ok: true, identity: { leaf: { sha256 } } },
    exchange: {
      startedAt: 0,
      request: { headers: ['traceparent', `00-${TRACE_ID}-b7ad6b7169203331-${flags}`] },
    },
  } as unknown as Life;
}

t.test('one client can have so many traces recorded in a second, whatever the ratio', (t) => {
  const tracer = new Tracer(() => 0);
  const recorded = (sha256: string, time: number) =>
    Array.from({ length: 300 }, () => tracer.begin(life(sha256, '01', time))).filter(
      ({ isSampled }) => isSampled,
    ).length;
  t.equal(recorded('alice', 0), 100);
  t.equal(recorded('bob', 0), 100, 'each for itself');
  t.equal(recorded('alice', 1000), 100);
  const beyond = tracer.begin(life('alice', '01', 1000));
  t.match(beyond, { traceId: TRACE_ID, isSampled: false }, 'its trace goes on in any case');
  t.end();
});

t.test('those beyond are drawn like any other', (t) => {
  const tracer = new Tracer(() => 1);
  t.ok(
    Array.from({ length: 300 }, () => tracer.begin(life('alice', '01'))).every(({ isSampled }) => isSampled),
  );
  t.end();
});

t.test('the ratio is about traces that begin here', (t) => {
  const tracer = new Tracer(() => 0.5);
  const begun = Array.from({ length: 2000 }, () => tracer.begin(life(undefined, '01')));
  const recorded = begun.filter(({ isSampled }) => isSampled).length;
  t.ok(recorded > 800 && recorded < 1200, `${recorded} of 2000`);
  t.equal(new Set(begun.map(({ traceId }) => traceId)).size, 2000);
  t.notOk(new Tracer(() => 1).begin(life('alice', '00')).isSampled, 'but a client that declines is heard');
  t.end();
});
