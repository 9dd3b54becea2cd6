import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { type ListenAddress, listenOn } from '../../../src/edge/address.ts';
import { temporaryFolder } from '../../support/folder.ts';

const hasIPv6 = Object.values(os.networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1');

async function listening(t: Test, address: ListenAddress) {
  const server = createServer((socket) => socket.on('error', () => {}).end('hello'));
  t.teardown(() => server.close());
  return { server, bound: await listenOn(server, address, false) };
}

async function greeting(to: { host: string; port: number } | { path: string }): Promise<string> {
  const socket: Socket = connect(to);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

t.test('without a host it listens on IPv4 and IPv6', async (t) => {
  const { bound } = await listening(t, { port: 0 });
  if ('path' in bound) throw new Error('a port was asked for');
  t.equal(await greeting({ host: '127.0.0.1', port: bound.port }), 'hello');
  if (hasIPv6) t.equal(await greeting({ host: '::1', port: bound.port }), 'hello');
});

t.test('with a host it listens there only', async (t) => {
  const { bound } = await listening(t, { host: '127.0.0.1', port: 0 });
  t.match(bound, { host: '127.0.0.1', port: Number });
  if ('path' in bound || !hasIPv6) return;
  await t.rejects(greeting({ host: '::1', port: bound.port }), { code: 'ECONNREFUSED' });
});

t.test('a port that is taken is an error', async (t) => {
  const { server } = await listening(t, { host: '127.0.0.1', port: 0 });
  const { port } = server.address() as AddressInfo;
  await t.rejects(listening(t, { host: '127.0.0.1', port }), { code: 'EADDRINUSE' });
});

t.test('a unix socket is made, and gone after closing', async (t) => {
  const file = path.join(temporaryFolder(t), 'edge.sock');
  const { server, bound } = await listening(t, { path: file });
  t.strictSame(bound, { path: file });
  t.equal(await greeting({ path: file }), 'hello');
  server.close();
  await once(server, 'close');
  t.notOk(existsSync(file));
});

t.test('a unix socket that a crash left behind is replaced', async (t) => {
  const file = path.join(temporaryFolder(t), 'edge.sock');
  const { server } = await listening(t, { path: file });
  // Moved away, so that closing does not remove it: what is left is a socket that nobody answers on.
  renameSync(file, `${file}.kept`);
  server.close();
  await once(server, 'close');
  renameSync(`${file}.kept`, file);
  await t.rejects(greeting({ path: file }), { code: 'ECONNREFUSED' });
  await listening(t, { path: file });
  t.equal(await greeting({ path: file }), 'hello');
});

t.test("a unix socket that answers is somebody else's", async (t) => {
  const file = path.join(temporaryFolder(t), 'edge.sock');
  await listening(t, { path: file });
  await t.rejects(listening(t, { path: file }), { code: 'EADDRINUSE' });
  t.equal(await greeting({ path: file }), 'hello', 'and goes on answering');
});

t.test('a file that is no socket is never removed', async (t) => {
  const file = path.join(temporaryFolder(t), 'notes.txt');
  writeFileSync(file, 'dear diary');
  await t.rejects(listening(t, { path: file }), { code: 'EADDRINUSE' });
  t.equal(readFileSync(file, 'utf8'), 'dear diary');
});
