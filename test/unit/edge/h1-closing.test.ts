import { once } from 'node:events';
import { type Socket, connect, createServer, type AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Deadlines } from '../../../src/core/deadlines.ts';
import type { Connection } from '../../../src/exchange/connection.ts';
import { H1Connection } from '../../../src/edge/h1-connection.ts';
import { resetSocket } from '../../../src/core/reset-socket.ts';

const SETTINGS = {
  request: { maxHeadBytes: 4096, maxHeaders: 9, maxTargetBytes: 999, maxBodyBytes: 9, underscores: 'reject' },
  revocationMs: 5000,
  maxStreams: 100,
  timing: { headMs: 5000, idleMs: 5000, minBodyBytesPerSecond: 0, bodyGraceMs: 0 },
} as const;

/** A connection that waits for a request, on TCP alone, and both of its ends. */
async function open(t: Test) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  const [raw] = (await once(server, 'connection')) as [Socket];
  t.teardown(() => {
    client.destroy();
    server.close();
  });
  let isClosed = false;
  const h1 = new H1Connection(raw, {
    connection: {} as Connection,
    service: { serve: () => t.fail('served'), refuse: () => t.fail('refused') },
    settings: SETTINGS,
    deadlines: new Deadlines(),
    reset: () => resetSocket(raw),
    onClose: () => (isClosed = true),
  });
  return { client, raw, h1, isClosed: () => isClosed };
}

t.test('a connection that is cut while it is saying goodbye is closed', async (t) => {
  // The shutdown is asked for at once and done in the next turn of the event loop: cut on both sides of it.
  for (const turns of [0, 1, 2]) {
    const { h1, raw, client, isClosed } = await open(t);
    client.resume();
    h1.drain();
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    h1.destroy();
    if (!raw.closed || !isClosed()) await once(raw, 'close');
    t.ok(isClosed(), `after ${turns} turns`);
  }
});

t.test('a connection that is cut otherwise is reset', async (t) => {
  const { h1, client } = await open(t);
  const failed = once(client, 'error');
  client.resume();
  h1.destroy();
  t.match(await failed, [{ code: 'ECONNRESET' }]);
});
