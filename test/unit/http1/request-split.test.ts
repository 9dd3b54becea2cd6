import * as fc from '../../support/property.ts';
import t from 'tap';
import { cutAt, decodeRequests } from '../../support/http1-transcript.ts';
import { validRequests } from '../../support/valid-requests.ts';

/** Whether the bytes give the same for every one of these ways to cut them. */
function isSameCut(bytes: Buffer, ways: readonly (readonly number[])[]): boolean {
  const whole = JSON.stringify(decodeRequests([bytes]));
  return ways.every((cuts) => JSON.stringify(decodeRequests(cutAt(bytes, cuts))) === whole);
}

const positions = fc.array(fc.nat(1000), { maxLength: 8 });

t.test('valid requests come out as they were meant, cut at every byte, in bytes and at random', (t) => {
  const property = fc.property(validRequests, positions, (requests, positions) => {
    const bytes = Buffer.from(requests.map(({ text }) => text).join(''), 'latin1');
    const { messages, error } = decodeRequests([bytes]);
    const got = messages.map(({ head: { method, target, authority, headers }, body, trailers }) =>
      JSON.stringify({ method, target, authority, headers, body, trailers }),
    );
    const meant = requests.map(({ method, target, authority, headers, body, trailers }) =>
      JSON.stringify({ method, target, authority, headers, body, trailers }),
    );
    if (error !== undefined || messages.at(-1)?.isComplete !== true || got.join() !== meant.join())
      return false;
    const everyByte = Array.from(bytes.keys(), (at) => [at]);
    return isSameCut(bytes, [...everyByte, positions, [...bytes.keys()]]);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 100 }));
  t.end();
});

t.test('whatever the bytes, cutting them makes no difference', (t) => {
  const words =
    'GET|/| HTTP/1.1|Host: a\r\n|Host|:|x|\t|\0|_|5|;|Content-Length: 3\r\n|Transfer-Encoding: chunked\r\n|0\r\n';
  const starts = 'GET / HTTP/1.1\r\nHost: a\r\n|\r\n\r\n|\r\n|\r|\n| ';
  const piece = fc.constantFrom(...`${words}|${starts}`.split('|'));
  const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));
  const property = fc.property(text, positions, (text, positions) => {
    const bytes = Buffer.from(text, 'latin1');
    return isSameCut(bytes, [positions, [...bytes.keys()]]);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 3000 }));
  t.end();
});
