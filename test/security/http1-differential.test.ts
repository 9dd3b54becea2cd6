import { readFileSync } from 'node:fs';
import { METHODS } from 'node:http';
import * as fc from '../support/property.ts';
import t from 'tap';
import { HOSTILE_MESSAGES } from '../support/hostile-messages.ts';
import { decodeRequests, type Message } from '../support/http1-transcript.ts';
import { LLHTTP_DIFFERENCES } from '../support/llhttp-differences.ts';
import { type NodeRequest, parseByNode } from '../support/node-parser.ts';
import { validRequests } from '../support/valid-requests.ts';
import type { RequestHead } from '../../src/http1/request-head.ts';

const SENTINEL = 'GET /sentinel HTTP/1.1\r\nHost: sentinel\r\n\r\n';

/** What makes the two disagree about one request that ours has accepted; undefined when they agree. */
function disagreement(ours: Message<RequestHead>, theirs: NodeRequest | undefined): string | undefined {
  if (theirs === undefined || !theirs.isComplete) return 'not accepted';
  const { head } = ours;
  const rawTarget = theirs.url.startsWith('/') || theirs.url === '*' ? head.target : theirs.url;
  if (theirs.url !== rawTarget || !theirs.url.includes(head.target.slice(1))) return 'target';
  if (theirs.method !== head.method || theirs.version !== head.version) return 'method or version';
  if (JSON.stringify(theirs.headers) !== JSON.stringify(head.headers)) return 'fields';
  if (head.method === 'CONNECT') return undefined;
  if (theirs.body !== ours.body) return 'body';
  return JSON.stringify(theirs.trailers) === JSON.stringify(ours.trailers) ? undefined : 'trailers';
}

/**
 * Undefined when Node accepts, with the same fields and body, the requests that ours has accepted in full, and finds
 * nothing else in their bytes.
 */
async function compare(text: string): Promise<string | undefined> {
  const bytes = Buffer.from(text, 'latin1');
  const { messages, completeBytes } = decodeRequests([bytes]);
  const complete = messages.filter(({ isComplete }) => isComplete);
  // llhttp has a list of methods; ours passes any in capitals, for the application to judge.
  if (complete.some(({ head }) => !METHODS.includes(head.method))) return undefined;
  if (complete.length === 0) return undefined;
  const { requests, error } = await parseByNode(bytes.subarray(0, completeBytes));
  if (error !== undefined || requests.length !== complete.length)
    return error ?? `${requests.length} requests`;
  return complete
    .map((message, i) => disagreement(message, requests[i]))
    .find((found) => found !== undefined);
}

t.test('what is meant to be valid is accepted by Node too, with the same fields and body', async (t) => {
  const property = fc.asyncProperty(validRequests, async (requests) => {
    const text = requests.map((request) => request.text).join('') + SENTINEL;
    t.equal(decodeRequests([Buffer.from(text, 'latin1')]).messages.length, requests.length + 1);
    return (await compare(text)) === undefined;
  });
  await t.resolves(fc.assert(property, { numRuns: 300 }));
});

t.test('what is accepted after damage is accepted by Node too, with the same fields and body', async (t) => {
  const damage = fc.record({
    at: fc.integer({ min: 0, max: 999 }),
    removed: fc.nat(2),
    inserted: fc.constantFrom(
      '',
      ...'\r|\n|\r\n|\0| |\t|:|,|;|0|5|a|_|\xa0|\x0b|"|chunked|Content-Length: 5\r\n'.split('|'),
    ),
  });
  const hostile = fc.constantFrom(...HOSTILE_MESSAGES.map(({ text }) => text));
  const valid = validRequests.map((requests) => requests.map(({ text }) => text).join(''));
  let accepted = 0;
  const property = fc.asyncProperty(
    fc.oneof(valid, hostile),
    fc.array(damage, { minLength: 1, maxLength: 3 }),
    async (text, damages) => {
      let damaged = text;
      for (const { at, removed, inserted } of damages) {
        const from = Math.floor((at * damaged.length) / 1000);
        damaged = damaged.slice(0, from) + inserted + damaged.slice(from + removed);
      }
      const difference = await compare(damaged + SENTINEL);
      if (decodeRequests([Buffer.from(damaged + SENTINEL, 'latin1')]).completeBytes > 0) accepted++;
      if (difference !== undefined) throw new Error(`${difference}: ${JSON.stringify(damaged)}`);
    },
  );
  await t.resolves(fc.assert(property, { numRuns: 3000 }));
  t.ok(accepted > 200, `${accepted} of the damaged ones began with a request that was accepted`);
});

t.test('what is refused here and accepted by Node is on the list, and nothing else is', async (t) => {
  const found = new Set<string>();
  for (const { family, text } of HOSTILE_MESSAGES) {
    const { requests } = await parseByNode(Buffer.from(text, 'latin1'));
    if (requests.some(({ isComplete }) => isComplete)) found.add(family);
  }
  t.strictSame([...found].sort(), Object.keys(LLHTTP_DIFFERENCES).sort());
  const docs = readFileSync(new URL('../../docs/http1.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ');
  for (const [family, reason] of Object.entries(LLHTTP_DIFFERENCES))
    t.ok(docs.includes(`| ${family} | ${reason} |`), `docs/http1.md lists '${family}'`);
});
