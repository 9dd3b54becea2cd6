// The echo app: bodies of any size up and down, a clock over server-sent events, statuses and delays on demand. What
// one reaches for when a proxy in the middle is in doubt. Nothing here holds a whole body in memory.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { pathOf, sendJson, sendPage, sendText } from './answers.ts';
import { ECHO_INDEX } from './echo-index.ts';

const CHUNK = Buffer.alloc(64 * 1024, 'sallyport ');
const MAX_DELAY_MS = 600_000;
const TICK_MS = 1000;

/** The handler of the echo app; the WebSocket echo at `/ws` is the server's. */
export async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = pathOf(request);
  const [, name = '', argument = ''] = path.split('/', 3);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    if (path === '/count' || path === '/sink') return count(request, response);
    return echoBody(request, response);
  }
  if (path === '/') return sendPage(response, ECHO_INDEX);
  if (path === '/sse') return clock(request, response);
  const number =
    /^\d{1,15}$/.test(argument) && path === `/${name}/${argument}` ? Number(argument) : Number.NaN;
  if (name === 'bytes' && number >= 0) return bytes(number, request, response);
  if (name === 'delay' && number <= MAX_DELAY_MS) return wait(number, response);
  if (name === 'status' && number >= 200 && number <= 599) {
    response.writeHead(number, { 'content-type': 'text/plain' });
    response.end(`${number}\n`);
    return;
  }
  sendText(response, 'There is no such thing here; the index at / says what there is.\n', 404);
}

async function echoBody(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const length = request.headers['content-length'];
  response.writeHead(200, {
    'content-type': request.headers['content-type'] ?? 'application/octet-stream',
    ...(length !== undefined && { 'content-length': length }),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // A page that some other site posts here must not run as ours.
    'content-security-policy': "default-src 'none'; sandbox",
  });
  await pipeline(request, response);
}

async function count(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk);
    length += chunk.length;
  }
  sendJson(response, { bytes: length, sha256: hash.digest('hex') });
}

async function bytes(total: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': total });
  if (request.method === 'HEAD') response.end();
  else await pipeline(Readable.from(chunks(total)), response);
}

function* chunks(total: number): Generator<Buffer> {
  for (let left = total; left > 0; left -= CHUNK.length)
    yield left >= CHUNK.length ? CHUNK : CHUNK.subarray(0, left);
}

function clock(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  let id = 0;
  const tick = (): void => {
    response.write(`id: ${id++}\nevent: tick\ndata: ${new Date().toISOString()}\n\n`);
  };
  tick();
  const timer = setInterval(tick, TICK_MS);
  response.on('close', () => clearInterval(timer));
}

async function wait(ms: number, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  await delay(ms, undefined, { signal: gone.signal });
  sendText(response, `waited ${ms} ms\n`);
}
