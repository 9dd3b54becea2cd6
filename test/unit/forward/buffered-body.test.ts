import t from 'tap';
import type { SallyportError } from '../../../src/core/errors.ts';
import { BufferedBody, ByteBudget } from '../../../src/forward/buffered-body.ts';

function setUp(maxBytes: number, total?: { bytes: ByteBudget; maxBytes: number }) {
  const happened: string[] = [];
  const body = new BufferedBody(
    { maxBytes, budget: total },
    {
      onWhole: () => happened.push('whole'),
      onFault: (error: SallyportError) => happened.push(error.code),
    },
  );
  return { body, happened };
}

t.test('many small pieces become one, which is passed on once it is asked for', (t) => {
  const { body, happened } = setUp(100_000);
  const text = 'abcdefghij'.repeat(5000);
  for (const letter of text) body.onData(Buffer.from(letter));
  t.strictSame(happened, []);
  body.onEnd(['x-sum', '1']);
  t.strictSame([happened, body.length], [['whole'], text.length]);
  const got: unknown[] = [];
  const reader = {
    onData: (chunk: Buffer) => {
      got.push(chunk.toString());
      body.pauseBody();
    },
    onEnd: (trailers: unknown) => got.push(trailers),
    onAbort: () => t.fail(),
  };
  body.readBody(reader);
  t.strictSame(got, [text], 'and its end waits until that is taken');
  body.resumeBody();
  body.resumeBody();
  t.strictSame(got, [text, ['x-sum', '1']]);
  t.end();
});

t.test('up to its size it is kept, beyond it is a fault, and nothing follows', (t) => {
  const { body, happened } = setUp(10);
  body.onData(Buffer.alloc(10));
  body.onData(Buffer.alloc(1));
  body.onData(Buffer.alloc(1));
  body.onEnd([]);
  t.strictSame(happened, ['body_too_large']);
  t.end();
});

t.test('all together take no more than there is, and give it back however they end', (t) => {
  const bytes = new ByteBudget();
  const total = { bytes, maxBytes: 10_100 };
  const [first, second, third] = [setUp(8000, total), setUp(8000, total), setUp(8000, total)];
  first.body.onData(Buffer.alloc(6000));
  second.body.onData(Buffer.alloc(3000));
  third.body.onData(Buffer.alloc(3000));
  t.strictSame([second.happened, third.happened], [[], ['overloaded']]);
  second.body.discard();
  second.body.discard();
  t.equal(bytes.taken, 6000);
  first.body.onEnd([]);
  first.body.readBody({ onData: () => {}, onEnd: () => {}, onAbort: () => {} });
  first.body.discard();
  t.equal(bytes.taken, 0);
  t.end();
});
