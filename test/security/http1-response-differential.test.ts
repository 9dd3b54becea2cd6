import * as fc from '../support/property.ts';
import t from 'tap';
import { isForbiddenTrailer } from '../../src/http1/forbidden-trailers.ts';
import { decodeResponses } from '../support/http1-transcript.ts';
import { parseResponseByNode } from '../support/node-response-parser.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const ANSWERS = [
  `${OK}Content-Length: 5\r\n\r\nhello`,
  `${OK}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nEtag: 1\r\n\r\n`,
  `HTTP/1.1 100 Continue\r\n\r\n${OK}X: y\r\nContent-Length: 0\r\n\r\n`,
  `${OK}X: 1\r\n\r\nhello`,
  'HTTP/1.1 204 No Content\r\nA: b\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nEtag: x\r\nContent-Length: 5\r\n\r\n',
  'HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello',
  'HTTP/1.1 404\r\nContent-Length: 1\r\n\r\nx',
];

const withoutForbidden = (trailers: readonly string[]): string[] =>
  trailers.filter((_, index) => !isForbiddenTrailer(trailers[index - (index % 2)] ?? ''));

t.test('an answer that is accepted, damaged or not, is the same answer to Node', async (t) => {
  const damage = fc.record({
    at: fc.integer({ min: 0, max: 999 }),
    removed: fc.nat(2),
    inserted: fc.constantFrom(
      '',
      ...'\r|\n|\r\n|\0| |\t|:|,|0|5|a|_|\xa0|Content-Length: 5\r\n|chunked'.split('|'),
    ),
  });
  let accepted = 0;
  const property = fc.asyncProperty(
    fc.constantFrom(...ANSWERS),
    fc.array(damage, { maxLength: 2 }),
    fc.constantFrom('GET', 'GET', 'GET', 'HEAD'),
    async (answer, damages, method) => {
      let text = answer;
      for (const { at, removed, inserted } of damages) {
        const from = Math.floor((at * text.length) / 1000);
        text = text.slice(0, from) + inserted + text.slice(from + removed);
      }
      const bytes = Buffer.from(text, 'latin1');
      const { messages, informational, rest } = decodeResponses([bytes], {
        expected: [{ method }],
        isClosed: true,
      });
      const message = messages[0];
      if (message?.isComplete !== true) return;
      accepted++;
      const ours = {
        status: message.head.status,
        headers: message.head.headers,
        body: message.body,
        trailers: message.trailers,
        informational: informational.length,
        isComplete: true,
      };
      const theirs = await parseResponseByNode(bytes.subarray(0, bytes.length - rest.length), method);
      // What has no business in a trailer is dropped here, and kept by Node.
      const kept = theirs && { ...theirs, trailers: withoutForbidden(theirs.trailers) };
      if (JSON.stringify(ours) !== JSON.stringify(kept))
        throw new Error(JSON.stringify({ text, ours, theirs }));
    },
  );
  await t.resolves(fc.assert(property, { numRuns: 1500 }));
  t.ok(accepted > 300, `${accepted} of the answers were accepted`);
});
