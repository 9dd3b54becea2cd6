// A WebSocket through the proxy, in HTTP/1.1 and in HTTP/2: whatever one end sends is what the other gets, byte for byte.
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import t, { type Test } from 'tap';
import { startApp } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { clientOptions, openClient } from '../../support/client.ts';
import { h2Fields, openH2 } from '../../support/h2-client.ts';
import { startProxy } from '../../support/proxy.ts';
import { type WebsocketCase, websocketCases } from '../../support/websocket-cases.ts';

const HOST = 'app.sallyport.localhost';
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const pki = await makeTestPki();

/** Agrees to a WebSocket, and sends back every byte as it is. */
async function startMirror(t: Test): Promise<number> {
  const app = await startApp(t);
  app.server.on('upgrade', (request, socket: Duplex) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}${GUID}`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  const routes = [{ from: `https://${HOST}`, to: app.url, allow_websockets: true }];
  return (await startProxy(t, { routes })).port;
}

/** What comes back for it. */
async function mirrored(
  tunnel: Duplex,
  { bytes, pieceBytes = bytes.length }: WebsocketCase,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let left = bytes.length;
  const back = new Promise<void>((resolve) =>
    tunnel.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      left -= chunk.length;
      if (left <= 0) resolve();
    }),
  );
  for (let at = 0; at < bytes.length; at += pieceBytes)
    if (!tunnel.write(bytes.subarray(at, at + pieceBytes))) await once(tunnel, 'drain');
  if (bytes.length > 0) await back;
  return Buffer.concat(chunks);
}

async function openH1Tunnel(t: Test, port: number): Promise<Duplex> {
  const socket = await openClient(t, clientOptions(pki, port));
  socket.write(
    `GET /ws HTTP/1.1\r\nhost: ${HOST}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  let head = '';
  while (!head.endsWith('\r\n\r\n')) {
    await once(socket, 'readable');
    for (let byte = socket.read(1) as Buffer | null; byte !== null; byte = socket.read(1) as Buffer | null) {
      head += byte.toString('latin1');
      if (head.endsWith('\r\n\r\n')) break;
    }
  }
  if (!head.startsWith('HTTP/1.1 101')) throw new Error(head);
  return socket;
}

async function openH2Tunnel(t: Test, port: number): Promise<Duplex> {
  const session = await openH2(t, clientOptions(pki, port));
  const [method, , ...rest] = h2Fields(session, { method: 'CONNECT', path: '/ws' });
  const fields = [method ?? '', 'CONNECT', ':protocol', 'websocket', ...rest, 'sec-websocket-version', '13'];
  const stream = session.request(fields, { endStream: false });
  stream.on('error', () => {});
  const [{ ':status': status }] = await once(stream, 'response');
  if (status !== 200) throw new Error(String(status));
  return stream;
}

for (const [version, open] of [
  ['HTTP/1.1', openH1Tunnel],
  ['HTTP/2', openH2Tunnel],
] as const)
  t.test(`byte for byte in ${version}`, async (t) => {
    const port = await startMirror(t);
    const cases = websocketCases();
    t.ok(cases.length > 70, `${cases.length} cases`);
    for (const one of cases) {
      const tunnel = await open(t, port);
      const back = await mirrored(tunnel, one);
      t.ok(back.equals(one.bytes), one.what);
      tunnel.destroy();
    }
  });
