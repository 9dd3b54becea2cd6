import t from 'tap';
import type { Admitted, Received, Routed, Vouched } from '../../../src/pipeline/life.ts';
import { admit, direct, route, vouch } from '../../../src/pipeline/phases.ts';

// Never called: what this file shows, it shows to the compiler, in `npm run check:types`.
export function inOrder(received: Received, vouched: Vouched, routed: Routed, admitted: Admitted): void {
  vouch(received);
  route(vouched);
  admit(routed);
  direct(admitted);
}

export function outOfOrder(received: Received, vouched: Vouched, routed: Routed): void {
  // @ts-expect-error: a host and a path are looked up only for whom `vouch` has passed
  route(received);
  // @ts-expect-error: there is no policy to ask before there is a route
  admit(vouched);
  // @ts-expect-error: nothing is sent anywhere that policy has not admitted
  direct(routed);
}

t.test('phases out of order do not compile', (t) => {
  t.type(outOfOrder, 'function');
  t.end();
});
