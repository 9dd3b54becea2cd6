// The upstream where nginx is missing: answers from memory on raw TLS sockets. Understands only what the bench sends,
// requests one after the other, whose bodies have a length. Arguments: port, certificate, key, client CA.
import { readFileSync } from 'node:fs';
import { createServer, type TLSSocket } from 'node:tls';
import { BODIES, TOLD_HEADERS } from './upstream.ts';

const [port = '', certFile = '', keyFile = '', caFile = ''] = process.argv.slice(2);

const respond = (body: string): Buffer =>
  Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nContent-Type: text/plain\r\n\r\n${body}`);
const answers = new Map(
  Object.entries(BODIES).map(([name, bytes]) => [`/${name}`, respond('x'.repeat(bytes))]),
);
const HEAD_END = '\r\n\r\n';
const EMPTY = respond('');
const NOT_FOUND = Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');

function told(head: string, socket: TLSSocket): Buffer {
  const lines = TOLD_HEADERS.map((name) => new RegExp(`\r\n${name}: *([^\r]*)`, 'i').exec(head)?.[1] ?? '');
  return respond([...lines, socket.getPeerX509Certificate()?.subject ?? ''].join('\n'));
}

function respondTo(head: string, socket: TLSSocket): void {
  const target = head.split(' ', 2)[1] ?? '';
  if (target === '/told') socket.write(told(head, socket));
  else socket.write(target === '/sink' ? EMPTY : (answers.get(target) ?? NOT_FOUND));
}

const server = createServer({
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
  ca: readFileSync(caFile),
  requestCert: true,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.3',
});
server.on('secureConnection', (socket) => {
  let pending = '';
  /** The head whose body is coming, and how much of that is missing. */
  let current = '';
  let missing = 0;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length;) {
      if (missing === 0) {
        const text = pending + bytes.toString('latin1', at);
        const end = text.indexOf(HEAD_END);
        if (end === -1) {
          pending = text;
          return;
        }
        at += end + HEAD_END.length - pending.length;
        pending = '';
        current = text.slice(0, end);
        missing = Number(/\r\ncontent-length: *(\d+)/i.exec(current)?.[1] ?? 0);
      }
      const taken = Math.min(missing, bytes.length - at);
      missing -= taken;
      at += taken;
      if (missing === 0) respondTo(current, socket);
    }
  });
});
server.on('tlsClientError', () => {});
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
