import t from 'tap';
import { HOSTILE_MESSAGES } from '../support/hostile-messages.ts';
import { cutAt, decodeRequests } from '../support/http1-transcript.ts';

t.test('every hostile message is refused with its own error, and nothing of it looks complete', (t) => {
  t.ok(HOSTILE_MESSAGES.length > 700, `${HOSTILE_MESSAGES.length} messages`);
  const wrong = HOSTILE_MESSAGES.map((message) => {
    const { error, messages } = decodeRequests([Buffer.from(message.text, 'latin1')]);
    return { ...message, error, isComplete: messages.some(({ isComplete }) => isComplete) };
  }).filter(({ code, error, isComplete }) => error !== code || isComplete);
  t.strictSame(wrong, []);
  t.end();
});

t.test('a hostile message gets the same answer however it is cut', (t) => {
  const different = HOSTILE_MESSAGES.filter(({ text }) => {
    const bytes = Buffer.from(text, 'latin1');
    const whole = JSON.stringify(decodeRequests([bytes]));
    const cuts = [[...bytes.keys()], ...Array.from(bytes.keys(), (at) => [at])];
    return cuts.some((at) => JSON.stringify(decodeRequests(cutAt(bytes, at))) !== whole);
  });
  t.strictSame(different, []);
  t.end();
});
