// What the HTTP/1.1 engine costs by itself: ns per head, one core, no sockets. `node bench/http1.ts`; takes about 3 s.
// Each figure is the best of several short rounds, which is the least disturbed one on a busy machine.
import { chunkStart } from '../src/http1/chunk.ts';
import { joinBytes } from '../src/http1/join-bytes.ts';
import { RequestDecoder } from '../src/http1/request-decoder.ts';
import { CHUNKED_LINE, requestHeadText, responseHeadText } from '../src/http1/write-head.ts';

const ROUNDS = 5;
const ROUND_MS = 80;

const LIMITS = {
  maxHeadBytes: 16_384,
  maxHeaders: 100,
  maxTargetBytes: 8192,
  maxBodyBytes: Infinity,
  underscores: 'reject',
} as const;

const REQUEST = [
  'GET /api/v2/projects/4711/members?page=2&per_page=50 HTTP/1.1',
  'Host: tracker.corp.example.com',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Accept: application/json, text/plain, */*',
  'Accept-Language: en-GB,en;q=0.8,de;q=0.5',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Referer: https://tracker.corp.example.com/projects/4711',
  'Connection: keep-alive',
  'Cookie: session=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08; theme=dark',
  'Sec-Fetch-Dest: empty',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Site: same-origin',
  'If-None-Match: W/"686897696a7c876b7e"',
].join('\r\n');

const RESPONSE_FIELDS = [
  ['date', 'Tue, 03 Feb 2026 08:00:00 GMT'],
  ['content-type', 'application/json; charset=utf-8'],
  ['etag', 'W/"686897696a7c876b7e"'],
  ['cache-control', 'private, max-age=0, must-revalidate'],
  ['vary', 'Accept, Accept-Encoding'],
  ['x-request-id', '0192f5c1-5a4e-7d6b-9c3f-2b1a0d9e8f7a'],
  ['strict-transport-security', 'max-age=31536000'],
  ['content-length', '1024'],
].flat();

/** Keeps the optimiser from leaving the work out. */
let sink = 0;

function measure(name: string, run: () => void): void {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    let runs = 0;
    const from = performance.now();
    let now = from;
    while (now - from < ROUND_MS) {
      for (let i = 0; i < 500; i++) run();
      runs += 500;
      now = performance.now();
    }
    best = Math.min(best, ((now - from) * 1e6) / runs);
  }
  console.log(`${name.padEnd(52)}${best.toFixed(0).padStart(8)} ns`);
}

const decoder = new RequestDecoder(LIMITS, {
  onHead: (head) => void (sink += head.headers.length),
  onData: (bytes) => void (sink += bytes.length),
  onEnd: () => void sink++,
});

function decodeAll(pieces: readonly Buffer[]): void {
  for (const piece of pieces) decoder.decode(piece);
  decoder.next();
}

const whole = [Buffer.from(`${REQUEST}\r\n\r\n`, 'latin1')];
const halves = [whole[0]?.subarray(0, 300) ?? Buffer.alloc(0), whole[0]?.subarray(300) ?? Buffer.alloc(0)];
const single = Array.from(
  { length: whole[0]?.length ?? 0 },
  (_, i) => whole[0]?.subarray(i, i + 1) ?? Buffer.alloc(0),
);
const withBody = [
  Buffer.from(`${REQUEST.replace('GET', 'POST')}\r\nContent-Length: 1024\r\n\r\n${'x'.repeat(1024)}`),
];
const chunked = [
  Buffer.from(
    `${REQUEST.replace('GET', 'POST')}\r\nTransfer-Encoding: chunked\r\n\r\n${`200\r\n${'x'.repeat(512)}\r\n`.repeat(2)}0\r\n\r\n`,
  ),
];
const body = Buffer.alloc(1024, 'x');

measure(`decode a request, 12 fields, ${whole[0]?.length} bytes`, () => decodeAll(whole));
measure('  in two pieces', () => decodeAll(halves));
measure('  byte by byte', () => decodeAll(single));
measure('  with a body of 1 KiB', () => decodeAll(withBody));
measure('  with a body of two chunks', () => decodeAll(chunked));
measure('response head text, 8 fields', () => {
  sink += responseHeadText(200, RESPONSE_FIELDS).length;
});
measure('  as one buffer with 1 KiB of body', () => {
  sink += joinBytes(responseHeadText(200, RESPONSE_FIELDS), body).length;
});
measure('  as one buffer with one chunk', () => {
  sink += joinBytes(
    responseHeadText(200, RESPONSE_FIELDS, CHUNKED_LINE) + chunkStart(1024),
    body,
    '\r\n',
  ).length;
});
measure('request head text, 8 fields', () => {
  sink += requestHeadText('GET', '/api/v2/projects', RESPONSE_FIELDS).length;
});
if (sink === 0) console.log('nothing was done');
