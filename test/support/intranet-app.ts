// A web app as companies have them: a login with cookies, a page of many files, uploads, downloads, events and a WebSocket.
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import { startApp } from './app.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

/** Modules, and as many pictures. */
export const FILES = 40;
/** What `/download` gives. */
export const DOWNLOAD = randomBytes(3 * 1024 * 1024 + 7);

const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';

const LOGIN = `<!doctype html><title>Login</title><link rel="icon" href="data:,">
<form method="post" action="/login"><input name="user"><button>Log in</button></form>`;

const PAGE = `<!doctype html><title>Intranet</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<h1></h1>
<p id="sum"></p><p id="uploaded"></p><p id="events"></p><p id="socket"></p>
<input type="file" id="file"><a href="/download" download="all.bin" id="download">all</a>
${Array.from({ length: FILES }, (_, index) => `<img src="/picture/${index}.svg" alt="">`).join('')}
<script type="module" src="/main.js"></script>`;

const MAIN = `${Array.from({ length: FILES }, (_, index) => `import n${index} from '/module/${index}.js';`).join('\n')}
const say = (id, text) => { document.getElementById(id).textContent = text; };
document.querySelector('h1').textContent = await (await fetch('/me')).text();
say('sum', ${Array.from({ length: FILES }, (_, index) => `n${index}`).join('+')});
document.getElementById('file').addEventListener('change', async ({ target }) => {
  const answer = await fetch('/upload', { method: 'POST', body: target.files[0] });
  say('uploaded', await answer.text());
});
let heard = 0;
const events = new EventSource('/events');
events.onmessage = ({ data }) => { say('events', ++heard + ' ' + data); if (heard === 5) events.close(); };
const socket = new WebSocket('wss://' + location.host + '/ws');
socket.onopen = () => socket.send('x'.repeat(100000));
socket.onmessage = ({ data }) => { say('socket', data); socket.close(); };
`;

/** Of who has logged in. */
function userOf({ headers }: IncomingMessage): string | undefined {
  return /(?:^|; )session=(\w+)/.exec(headers.cookie ?? '')?.[1];
}

function send(response: ServerResponse, type: string, body: string | Buffer): void {
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}

async function logIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const user = new URLSearchParams(await text(request)).get('user') ?? '';
  response.setHeader('set-cookie', [
    `session=${user}; Path=/; Secure; HttpOnly; SameSite=Lax`,
    'theme=dark; Path=/; Secure',
  ]);
  response.writeHead(303, { location: '/' });
  response.end();
}

async function upload(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of request) hash.update(chunk as Buffer);
  send(response, 'text/plain', hash.digest('hex'));
}

/** One after the other, each when the one before is out. */
function sendEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let count = 0;
  const next = (): void => {
    if (count < 5) response.write(`data: tick ${++count}\n\n`, () => setImmediate(next));
  };
  next();
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = '/', method } = request;
  const user = userOf(request);
  if (url === '/login' && method === 'POST') return await logIn(request, response);
  if (user === undefined) return send(response, 'text/html', LOGIN);
  if (url === '/upload') return await upload(request, response);
  if (url === '/events') return sendEvents(response);
  if (url === '/me') return send(response, 'text/plain', `${user}, ${request.headers.cookie}`);
  if (url === '/main.js') return send(response, 'text/javascript', MAIN);
  if (url === '/style.css') return send(response, 'text/css', 'h1 { color: rgb(1, 2, 3) }');
  if (url === '/download') return send(response, 'application/octet-stream', DOWNLOAD);
  const module = /^\/module\/(\d+)\.js$/.exec(url)?.[1];
  if (module !== undefined) return send(response, 'text/javascript', `export default ${module};`);
  if (url.startsWith('/picture/')) return send(response, 'image/svg+xml', PICTURE);
  return send(response, 'text/html', PAGE);
}

export async function startIntranet(t: Teardown): Promise<string> {
  const { url, server } = await startApp(t, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const websockets = new WebSocketServer({ server, path: '/ws' });
  websockets.on('connection', (socket, request) => {
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => socket.send(`${userOf(request)} ${data.length}`));
  });
  t.teardown(() => websockets.close());
  return url;
}
