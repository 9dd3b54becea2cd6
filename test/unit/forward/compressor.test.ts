import { randomBytes } from 'node:crypto';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import t, { type Test } from 'tap';
import type { Coding } from '../../../src/forward/accept-encoding.ts';
import {
  Compressor,
  type CompressorEvents,
  compressorsUnderWay,
  MAX_COMPRESSORS,
} from '../../../src/forward/compressor.ts';
import { until } from '../../support/until.ts';

const DECODE = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };
const CODINGS: readonly Coding[] = ['gzip', 'br', 'zstd'];

function open(t: Test, coding: Coding, more: Partial<CompressorEvents> = {}) {
  const chunks: Buffer[] = [];
  const state = { hasEnded: false, rooms: 0 };
  const compressor = Compressor.open(coding, {
    onCompressed: (chunk) => chunks.push(chunk) > 0,
    onRoom: () => state.rooms++,
    onEnd: () => (state.hasEnded = true),
    onError: (error) => t.fail(error.message),
    ...more,
  });
  if (compressor === undefined) throw new Error('too many');
  t.teardown(() => compressor.destroy());
  return { compressor, chunks, state };
}

for (const coding of CODINGS)
  t.test(`${coding}: what goes in comes out, and nothing is left`, async (t) => {
    const { compressor, chunks, state } = open(t, coding);
    const text = Buffer.from('all work and no play '.repeat(20_000));
    for (let at = 0; at < text.length; at += 10_000) compressor.write(text.subarray(at, at + 10_000));
    compressor.end([]);
    await until(() => state.hasEnded);
    const whole = Buffer.concat(chunks);
    t.ok(whole.length < text.length / 10);
    t.ok(DECODE[coding](whole).equals(text));
    await until(() => compressorsUnderWay() === 0);
  });

for (const coding of CODINGS)
  t.test(`${coding}: what is thrown away does not end as if it were whole`, async (t) => {
    const { compressor, chunks, state } = open(t, coding);
    compressor.write(Buffer.from('the beginning'));
    await until(() => chunks.length > 0);
    compressor.write(Buffer.alloc(1024 * 1024, 'x'));
    compressor.destroy();
    await until(() => compressorsUnderWay() === 0);
    t.notOk(state.hasEnded);
    t.throws(() => DECODE[coding](Buffer.concat(chunks)));
  });

t.test('while nobody takes what comes out, it says that it is full, and goes on afterwards', async (t) => {
  let isOpen = false;
  const noise = randomBytes(1024 * 1024);
  let out = 0;
  const { compressor, state } = open(t, 'gzip', {
    onCompressed: (chunk) => {
      out += chunk.length;
      return isOpen;
    },
  });
  let written = 0;
  while (compressor.write(noise)) written += noise.length;
  t.ok(written < 2 * noise.length);
  await until(() => out > 0);
  t.equal(state.rooms, 0);
  t.ok(out < noise.length / 2, 'and it makes no more than was asked for');
  isOpen = true;
  compressor.resume();
  await until(() => state.rooms > 0);
  compressor.end([]);
  await until(() => state.hasEnded);
});

t.test('there are only so many at once', async (t) => {
  const all = Array.from({ length: MAX_COMPRESSORS }, () => open(t, 'gzip'));
  t.throws(() => open(t, 'gzip'));
  all[0]?.compressor.destroy();
  await until(() => compressorsUnderWay() < MAX_COMPRESSORS);
  t.ok(open(t, 'gzip'));
});
