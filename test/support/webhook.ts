// An HTTP server that notes what it is asked, and answers as it is told.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Record<string, unknown>;
}

/** `answer` gives what is sent as JSON; a number is a status alone. */
export async function startWebhook(
  t: { teardown(fn: () => unknown): void },
  answer: (asked: Asked) => Promise<object | number> | object | number,
): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const { method = '', url = '', headers } = request;
      const said = await text(request);
      const one: Asked = {
        method,
        url,
        headers,
        body: (said === '' ? {} : JSON.parse(said)) as Asked['body'],
      };
      asked.push(one);
      const given = await answer(one);
      response.writeHead(typeof given === 'number' ? given : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(typeof given === 'number' ? {} : given));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
