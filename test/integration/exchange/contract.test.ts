import t from 'tap';
import { benchOf } from '../../support/exchange-contract.ts';
import { h1 } from '../../support/exchange-h1.ts';
import { h2 } from '../../support/exchange-h2.ts';
import { multiplexed } from '../../support/exchange-multiplexed.ts';
import { promises } from '../../support/exchange-promises.ts';

for (const implementation of [h1, h2, multiplexed]) {
  for (const [promise, ask] of Object.entries(promises))
    t.test(`${implementation.name}: ${promise}`, async (t) =>
      ask(t, benchOf(implementation), implementation),
    );
}

t.test('h1 connection: 100 Continue is sent when somebody reads the body, and not before', async (t) => {
  const bench = benchOf(h1);
  const stream = bench.client.request({ method: 'POST', contentLength: 3, expectsContinue: true });
  const recorder = await bench.exchange(0);
  t.same(stream.answer.informational, []);
  recorder.exchange.readBody(recorder);
  stream.write('abc');
  recorder.exchange.respond(200, [], 0);
  recorder.exchange.end();
  recorder.exchange.settle('retire');
  t.equal(recorder.exchange.bytesOut, 0);
});
