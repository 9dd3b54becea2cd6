import t from 'tap';
import { traceContextIn } from '../../../src/core/trace-context.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
const GOOD = `00-${TRACE_ID}-${SPAN_ID}-01`;

t.test('what is well-formed is read', (t) => {
  const none = { traceId: TRACE_ID, spanId: SPAN_ID, isSampled: true, state: '' };
  t.strictSame(traceContextIn(['Traceparent', GOOD]), none);
  t.match(traceContextIn(['traceparent', GOOD.replace(/01$/, '00')]), { isSampled: false });
  t.match(traceContextIn(['traceparent', GOOD.replace(/01$/, 'fe')]), { isSampled: false }, 'one bit counts');
  t.match(traceContextIn(['traceparent', GOOD.replace(/01$/, '03')]), { isSampled: true });
  t.end();
});

t.test('a later version may say more', (t) => {
  t.match(traceContextIn(['traceparent', `01${GOOD.slice(2)}-more`]), { traceId: TRACE_ID });
  t.equal(traceContextIn(['traceparent', `01${GOOD.slice(2)}more`]), undefined);
  t.end();
});

t.test('what is malformed counts as not said', (t) => {
  const malformed = [
    '',
    'x',
    GOOD.toUpperCase(),
    `${GOOD}-more`,
    `${GOOD}-`,
    ` ${GOOD}`,
    GOOD.slice(0, -1),
    `ff${GOOD.slice(2)}`,
    GOOD.replace(TRACE_ID, '0'.repeat(32)),
    GOOD.replace(SPAN_ID, '0'.repeat(16)),
  ];
  for (const value of malformed) t.equal(traceContextIn(['traceparent', value]), undefined, `'${value}'`);
  t.equal(traceContextIn([]), undefined);
  t.equal(traceContextIn(['traceparent', GOOD, 'traceparent', GOOD]), undefined, 'said twice');
  t.end();
});

const state = (...values: string[]) =>
  traceContextIn(['traceparent', GOOD, ...values.flatMap((value) => ['tracestate', value])])?.state;

t.test('a tracestate is kept whole or not at all', (t) => {
  t.equal(state('one=1, two@x=a b ,', '3/a=!'), 'one=1,two@x=a b,3/a=!');
  t.equal(state('one=1,one=2'), '', 'a key twice');
  t.equal(state('one'), '');
  t.equal(state('One=1'), '');
  t.equal(state('one=a=b'), '');
  t.equal(state('one=\u00e4'), '');
  t.equal(state(Array.from({ length: 33 }, (_, index) => `a${index}=1`).join(',')), '', 'too many');
  t.equal(state(`one=${'x'.repeat(256)}`, `two=${'x'.repeat(256)}`), '', 'too long');
  t.end();
});
