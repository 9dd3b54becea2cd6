// The upstream where nginx is missing: answers from memory on raw TLS sockets. Understands only what the bench sends,
// requests without a body, so it finds their ends by the empty line. Arguments: port, certificate, key, client CA.
import { readFileSync } from 'node:fs';
import { createServer, type TLSSocket } from 'node:tls';
import { BODIES, TOLD_HEADERS } from './upstream.ts';

const [port = '', certFile = '', keyFile = '', caFile = ''] = process.argv.slice(2);

const respond = (body: string): Buffer =>
  Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nContent-Type: text/plain\r\n\r\n${body}`);
const answers = new Map(
  Object.entries(BODIES).map(([name, bytes]) => [`/${name}`, respond('x'.repeat(bytes))]),
);
const NOT_FOUND = Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');

function told(head: string, socket: TLSSocket): Buffer {
  const lines = TOLD_HEADERS.map((name) => new RegExp(`\r\n${name}: *([^\r]*)`, 'i').exec(head)?.[1] ?? '');
  return respond([...lines, socket.getPeerX509Certificate()?.subject ?? ''].join('\n'));
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
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes: Buffer) => {
    const heads = (pending + bytes.toString('latin1')).split('\r\n\r\n');
    pending = heads.pop() ?? '';
    for (const head of heads) {
      const target = head.split(' ', 2)[1] ?? '';
      socket.write(target === '/told' ? told(head, socket) : (answers.get(target) ?? NOT_FOUND));
    }
  });
});
server.on('tlsClientError', () => {});
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
