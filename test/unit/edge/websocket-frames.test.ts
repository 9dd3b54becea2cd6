import t from 'tap';
import { POLICY_VIOLATION, WebsocketFrames } from '../../../src/edge/websocket-frames.ts';
import { array, assert, boolean, constantFrom, integer, property, tuple } from '../../support/property.ts';

function frame(payload: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const head =
    payload < 126
      ? Buffer.from([0x82, mask | payload])
      : payload < 65_536
        ? Buffer.from([0x82, mask | 126, payload >> 8, payload & 0xff])
        : Buffer.concat([Buffer.from([0x82, mask | 127, 0, 0, 0, 0]), uint32(payload)]);
  return Buffer.concat([head, Buffer.alloc((isMasked ? 4 : 0) + payload, 0x88)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

t.test('the end of every frame is found, however the bytes are cut', async () => {
  const sizes = constantFrom(0, 1, 125, 126, 300, 65_535, 65_536);
  assert(
    property(
      array(tuple(sizes, boolean()), { minLength: 1, maxLength: 4 }),
      integer({ min: 1, max: 9999 }),
      (kinds, step) => {
        const frames = kinds.map(([payload, isMasked]) => frame(payload, isMasked));
        const bytes = Buffer.concat(frames);
        const ends = new Set<number>();
        let end = 0;
        for (const { length } of frames) ends.add((end += length));
        const follower = new WebsocketFrames();
        for (let at = 0; at < bytes.length; at += step) {
          const chunk = bytes.subarray(at, at + step);
          const first = [...ends].find((one) => one > at && one <= at + chunk.length);
          const found = follower.take(chunk);
          if (found !== (first === undefined ? undefined : first - at)) return false;
          if (follower.isBetween !== ends.has(at + chunk.length)) return false;
        }
        return true;
      },
    ),
  );
});

t.test('a frame that pretends to be endless has no end', async (t) => {
  const follower = new WebsocketFrames();
  t.equal(follower.take(Buffer.from('827fffffffffffffffff00', 'hex')), undefined);
  t.notOk(follower.isBetween);
});

t.test('the goodbye is one close frame with 1008', async (t) => {
  t.equal(POLICY_VIOLATION.readUInt8(0), 0x88);
  t.equal(POLICY_VIOLATION.readUInt8(1), POLICY_VIOLATION.length - 2);
  t.equal(POLICY_VIOLATION.readUInt16BE(2), 1008);
});
