// The echo app: bodies of any size up and down, a clock over server-sent events, statuses and delays on demand. What
// one reaches for when a proxy in the middle is in doubt. Nothing here holds a whole body in memory.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { html } from '../../core/html.ts';
import { pathOf, sendJson, sendPage, sendText } from './answers.ts';

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
  if (path === '/') return sendPage(response, INDEX);
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

const INDEX = {
  title: 'echo',
  body: html`<h1>echo</h1>
<p>Sends back what it gets, or what it is asked for. It lets nobody in but Sallyport.</p>
<table>
<tr><th scope="col">Request</th><th scope="col">Answer</th></tr>
<tr><td><code>POST /anything</code></td><td>the body as it comes in, of any size</td></tr>
<tr><td><code>POST /count</code></td><td>how many bytes came in, and their SHA-256, as JSON</td></tr>
<tr><td><a href="/bytes/1024"><code>GET /bytes/1024</code></a></td><td>that many bytes</td></tr>
<tr><td><a href="/sse"><code>GET /sse</code></a></td><td>a clock: one server-sent event a second</td></tr>
<tr><td><code>GET /ws</code></td><td>a WebSocket that sends back every message</td></tr>
<tr><td><a href="/status/404"><code>GET /status/404</code></a></td><td>an answer with that status</td></tr>
<tr><td><a href="/delay/1000"><code>GET /delay/1000</code></a></td><td>an answer after that many milliseconds</td></tr>
</table>`,
};
