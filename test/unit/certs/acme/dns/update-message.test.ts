import t from 'tap';
import {
  checkAnswer,
  type UpdateQuestion,
  updateMessage,
} from '../../../../../src/certs/acme/dns/update-message.ts';

const question: UpdateQuestion = {
  id: 0x1234,
  zone: 'Corp.Example.',
  record: { name: '_acme-challenge.corp.example', value: 'digest' },
  ttl: 60,
  key: undefined,
  now: 1_700_000_000,
};
const key = { name: 'acme', algorithm: 'hmac-sha256', secret: Buffer.from('secret') } as const;

function header(id: number, flags: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt16BE(flags, 2);
  return bytes;
}

t.test('one record is added, or that very one removed', (t) => {
  const zone = '04636f7270076578616d706c6500';
  const name = `0f5f61636d652d6368616c6c656e6765${zone}`;
  const data = '0007066469676573 74'.replace(' ', '');
  const head = '12342800000100000001';
  t.equal(
    updateMessage(question).bytes.toString('hex'),
    `${head}0000${zone}00060001${name}001000010000003c${data}`,
  );
  t.equal(
    updateMessage({ ...question, ttl: undefined }).bytes.toString('hex'),
    `${head}0000${zone}00060001${name}001000fe00000000${data}`,
  );
  t.end();
});

t.test('a signed one has a record more', (t) => {
  const { bytes, mac } = updateMessage({ ...question, key });
  t.equal(bytes.readUInt16BE(10), 1);
  t.equal(mac?.length, 32);
  t.not(updateMessage({ ...question, key, now: question.now + 1 }).mac?.equals(mac ?? Buffer.alloc(0)), true);
  t.end();
});

t.test('names that are none are refused', (t) => {
  for (const name of ['', 'a..b', `${'x'.repeat(64)}.example`])
    t.throws(() => updateMessage({ ...question, zone: name }), { message: /is not a name in DNS/ }, name.slice(0, 8));
  t.end();
});

t.test('only an answer to the message counts, and a signed message wants a signed one', (t) => {
  const message = updateMessage(question);
  checkAnswer(header(0x1234, 0xa800), question, message);
  t.throws(() => checkAnswer(header(0x1235, 0xa800), question, message), /something else/);
  t.throws(() => checkAnswer(header(0x1234, 0x2800), question, message), /something else/, 'a question');
  t.throws(() => checkAnswer(Buffer.alloc(5), question, message), /something else/);
  t.throws(() => checkAnswer(header(0x1234, 0xa805), question, message), /says REFUSED/);
  const signed = { ...question, key };
  const withMac = updateMessage(signed);
  t.throws(() => checkAnswer(header(0x1234, 0xa800), signed, withMac), /not signed with the key/);
  // The question itself, turned into an answer: signed with the key, but not as an answer to it.
  const echo = Buffer.from(withMac.bytes);
  echo.writeUInt16BE(0xa800, 2);
  t.throws(() => checkAnswer(echo, signed, withMac), /not signed with the key/);
  for (let length = 12; length < echo.length; length += 7)
    t.throws(() => checkAnswer(echo.subarray(0, length), signed, withMac), `${length} bytes`);
  t.end();
});
