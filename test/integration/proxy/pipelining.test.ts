// `upstream_pipelining` through the whole proxy: clients that ask at once get each their own answer, from few connections.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { startApp } from '../../support/app.ts';
import { clientOptions, openClient } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';

const HOST = 'app.sallyport.localhost';
const CLIENTS = 24;
const ROUNDS = 20;

/** The body of the one answer to come, which is short. */
async function answerOf(socket: TLSSocket): Promise<string> {
  let text = '';
  while (!/\r\n\r\n[^]*END$/.test(text)) text += String((await once(socket, 'data'))[0]);
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

t.test('many clients at once: every answer is its own, and lines were formed', async (t) => {
  /** How many requests of a connection are unanswered. */
  const open = new Map<Socket, number>();
  let longest = 0;
  const app = await startApp(t, (request, response) => {
    const { socket, url } = request;
    const count = (open.get(socket) ?? 0) + 1;
    open.set(socket, count);
    longest = Math.max(longest, count);
    setImmediate(() => {
      open.set(socket, (open.get(socket) ?? 0) - 1);
      response.setHeader('content-length', `${url}END`.length).end(`${url}END`);
    });
  });
  const routes = [{ from: `https://${HOST}`, to: app.url, upstream_pipelining: 8 }];
  const { pki, port } = await startProxy(t, { routes });
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => openClient(t, clientOptions(pki, port))),
  );
  for (let round = 0; round < ROUNDS; round++) {
    const targets = clients.map((_, index) => `/${round}/${index}`);
    for (const [index, client] of clients.entries())
      client.write(`GET ${targets[index]} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const answers = await Promise.all(clients.map(answerOf));
    if (answers.join() !== targets.map((target) => `${target}END`).join()) t.fail(answers.join());
  }
  t.ok(app.requests.length >= CLIENTS * ROUNDS);
  t.ok(longest > 1 && longest <= 8, `${longest} in line`);
});
