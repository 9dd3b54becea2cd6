import t from 'tap';
import { DerCursor, TAG, integerHex, timeOf } from '../../../src/pki/der.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

t.test('equal integers are equal texts, and others are not', async (t) => {
  for (const [content, text] of [
    ['00', '00'],
    ['7f', '7f'],
    ['0080', '80'],
    ['00ff', 'ff'],
    ['0000ff', 'ff'],
    ['ff', '-01'],
    ['ffff', '-01'],
    ['80', '-80'],
    ['ff00', '-0100'],
    ['0102', '0102'],
  ] as const)
    t.equal(integerHex(hex(content)), text, content);
  t.throws(() => integerHex(hex('')), RangeError);
});

const read = (tag: string, text: string) => {
  const der = Buffer.concat([hex(tag), Buffer.from([text.length]), Buffer.from(text)]);
  return timeOf(der, new DerCursor(der).next());
};

t.test('times are UTC to the second, two digits of year from 1950 to 2049', async (t) => {
  t.equal(read('17', '491231235959Z'), Date.UTC(2049, 11, 31, 23, 59, 59));
  t.equal(read('17', '500101000000Z'), Date.UTC(1950, 0, 1));
  t.equal(read('18', '20500101000000Z'), Date.UTC(2050, 0, 1));
  for (const [tag, text] of [
    ['17', '20500101000000Z'],
    ['18', '500101000000Z'],
    ['17', '5001010000Z'],
    ['18', '20500101000000+0100'],
    ['18', '20500101000000.5Z'],
    ['17', '501301000000Z'],
    ['04', '500101000000Z'],
  ] as const)
    t.throws(() => read(tag, text), RangeError, `${tag} ${text}`);
});

t.test('what is not definite, whole and in place throws', async (t) => {
  for (const der of ['30', '3080', '3005020101', '3085000000000102', '1f8101', ''])
    t.throws(() => new DerCursor(hex(der)).next(), RangeError, der);
  const cursor = new DerCursor(hex('020101020102'));
  t.throws(() => cursor.next(TAG.sequence), { message: 'tag 2 where 48 belongs' });
  t.equal(cursor.next(TAG.integer).to, 3);
  t.equal(cursor.optional(TAG.boolean), undefined);
  t.throws(() => cursor.finish(), RangeError);
  t.equal(cursor.next().to, 6);
  t.ok(cursor.isDone);
  cursor.finish();
});
