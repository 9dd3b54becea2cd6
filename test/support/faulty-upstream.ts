// An app that misbehaves on its first requests and then serves: what its clients get from the proxy meanwhile.
import type { Socket } from 'node:net';
import type { Test } from 'tap';
import type { ConfigInput } from '../../src/config/schema.ts';
import { parseAnswers, type RawAnswer } from './answers.ts';
import { FROM, HOST } from './bad-input.ts';
import { clientOptions, sendRaw } from './client.ts';
import { type RunningProxy, startProxy } from './proxy.ts';
import { startRawUpstream } from './raw-upstream.ts';

/** Does something wrong to a request whose head has arrived. */
export type Misbehave = (socket: Socket) => void;

export interface FaultyUpstream extends RunningProxy {
  /** Heads that arrived, in order. */
  readonly heads: readonly string[];
  readonly connections: () => number;
  /** What a client gets for this request, on a connection of its own. */
  readonly ask: (request?: string) => Promise<string>;
  /** Fails unless the next request is served. */
  readonly isServing: () => Promise<void>;
}

export const request = (line = 'GET / HTTP/1.1', fields = '', body = ''): string =>
  `${line}\r\nHost: ${HOST}\r\nAccept: application/json\r\nConnection: close\r\n${fields}\r\n${body}`;

/** `misbehave` is asked for every request but those to `/good`. */
export async function startFaulty(
  t: Test,
  misbehave: Misbehave,
  config: Partial<ConfigInput> = {},
): Promise<FaultyUpstream> {
  const heads: string[] = [];
  const { url, sockets } = await startRawUpstream(t, (socket) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end + 2);
        text = text.slice(end + 4);
        text = text.slice(Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0));
        heads.push(head);
        if (/^\S+ \/good /.test(head)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
        else misbehave(socket);
      }
    });
  });
  const running = await startProxy(t, {
    show_error_details: false,
    routes: [{ from: FROM, to: url }],
    ...config,
  });
  const ask = (text = request()) => sendRaw(clientOptions(running.pki, running.port), text);
  const isServing = async () => {
    const began = performance.now();
    t.match(parseAnswers(await ask(request('GET /good HTTP/1.1'))), [{ status: 200, body: 'good' }]);
    t.ok(performance.now() - began < 1000, 'the next good request is served within a second');
  };
  return { ...running, heads, connections: () => sockets.length, ask, isServing };
}

/** The one answer there is; fails where there is none, or more. */
export function onlyAnswer(received: string, method = 'GET'): RawAnswer {
  const [answer, ...more] = parseAnswers(received, [method]).filter(({ status }) => status >= 200);
  if (answer === undefined || more.length > 0) throw new Error(`not one answer: ${received}`);
  return answer;
}
