// Clients for long tests: each asks again and again, and looks at every answer whether it is its own.
import type { ClientHttp2Session } from 'node:http2';
import { Agent, request } from 'node:https';
import { randomBytes, randomInt } from 'node:crypto';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ConnectionOptions } from 'node:tls';
import { WebSocket } from 'ws';
import { headerValue } from '../../src/core/flat-headers.ts';
import { h2Call, openH2 } from './h2-client.ts';
import { bodyFor, type Fault, FAULTS } from './soak-app.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

export interface SoakCounts {
  asked: number;
  whole: number;
  refused: number;
  cut: number;
  websockets: number;
  tunnels: number;
  /** Answers that came in a content coding. */
  compressed: number;
  /** What must never be: an answer that is not the request's own, or a failure without a fault. */
  readonly wrong: string[];
}

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly token: string;
  readonly size: number;
  readonly fault: Fault;
  readonly path: string;
  readonly body: Buffer | undefined;
  /** Accept-Encoding. */
  readonly codings: string;
}

interface Got {
  readonly status: number;
  readonly token: string | undefined;
  readonly received: string | undefined;
  /** Content-Encoding. */
  readonly coding: string | undefined;
  readonly body: Buffer;
  readonly isWhole: boolean;
}

const APPS = ['/h1', '/h2', '/packed'];
const CODINGS = ['gzip', 'br', 'zstd', 'br, gzip;q=0.5', 'identity'];

/** What a fault may come to: statuses of the proxy, and whether the answer may be cut. */
const ALLOWED: Readonly<Record<Fault, { readonly statuses: readonly number[]; readonly mayBeCut: boolean }>> =
  {
    none: { statuses: [], mayBeCut: false },
    drip: { statuses: [], mayBeCut: false },
    error: { statuses: [500], mayBeCut: false },
    early: { statuses: [413], mayBeCut: true },
    // On a slow machine the time is up before the app goes wrong.
    reset: { statuses: [502, 504], mayBeCut: false },
    half: { statuses: [502, 504], mayBeCut: true },
    stall: { statuses: [504], mayBeCut: false },
  };

function nextAsked(): Asked {
  const token = randomBytes(8).toString('hex');
  const fault: Fault = randomInt(10) < 7 ? 'none' : (FAULTS[randomInt(FAULTS.length)] ?? 'none');
  const size = 2 ** randomInt(4, 18) + randomInt(16);
  const method = randomInt(3) === 0 ? 'POST' : 'GET';
  const query = new URLSearchParams({ token, size: String(size), fault });
  if (randomInt(2) === 0) query.set('length', '1');
  const body = method === 'POST' ? randomBytes(randomInt(50_000)) : undefined;
  const app = APPS[randomInt(APPS.length)] ?? '/h1';
  const codings = CODINGS[randomInt(CODINGS.length)] ?? '';
  return { method, token, size, fault, path: `${app}?${query.toString()}`, body, codings };
}

/** Undefined where nobody is to be blamed for the failure. */
function judge(asked: Asked, got: Got | undefined): string | undefined {
  const { statuses, mayBeCut } = ALLOWED[asked.fault];
  const where = `${asked.method} ${asked.path}`;
  if (got === undefined || !got.isWhole)
    return mayBeCut || (asked.fault === 'reset' && got === undefined) ? undefined : `${where}: cut`;
  if (statuses.includes(got.status)) return undefined;
  if (got.status !== 200) return `${where}: ${got.status}`;
  if (asked.fault === 'half' || asked.fault === 'reset' || asked.fault === 'stall') return `${where}: whole`;
  if (got.token !== asked.token) return `${where}: the answer of ${got.token}`;
  if (!decoded(got).equals(bodyFor(asked.token, asked.size))) return `${where}: another body`;
  if (got.received !== String(asked.body?.length ?? 0)) return `${where}: ${got.received} bytes arrived`;
  return undefined;
}

function decoded({ body, coding }: Got): Buffer {
  switch (coding) {
    case undefined:
      return body;
    case 'gzip':
      return gunzipSync(body);
    case 'br':
      return brotliDecompressSync(body);
    case 'zstd':
      return zstdDecompressSync(body);
    default:
      throw new Error(coding);
  }
}

function note(counts: SoakCounts, asked: Asked, got: Got | undefined, isVictim: boolean): void {
  counts.asked++;
  if (got === undefined || !got.isWhole) counts.cut++;
  else if (got.status === 200) {
    counts.whole++;
    if (got.coding !== undefined) counts.compressed++;
  } else counts.refused++;
  // Whoever is locked out now and then may be refused and cut at any time, and never gets what is another's.
  if (isVictim && (got === undefined || !got.isWhole || got.status === 403)) return;
  const fault = judge(asked, got);
  if (fault !== undefined && counts.wrong.length < 20) counts.wrong.push(fault);
}

export interface SoakClient {
  readonly options: ConnectionOptions;
  readonly isVictim?: boolean;
  readonly counts: SoakCounts;
  readonly isOver: () => boolean;
}

export async function soakH1({ options, isVictim = false, counts, isOver }: SoakClient): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  while (!isOver()) {
    const asked = nextAsked();
    note(counts, asked, await askH1(options, agent, asked), isVictim);
  }
  agent.destroy();
}

function askH1(options: ConnectionOptions, agent: Agent, asked: Asked): Promise<Got | undefined> {
  return new Promise((resolve) => {
    const outgoing = request(
      {
        ...(options as object),
        agent,
        method: asked.method,
        path: asked.path,
        headers: { host: options.servername, 'accept-encoding': asked.codings },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => {});
        response.on('close', () =>
          resolve({
            status: response.statusCode ?? 0,
            token: response.headers['x-token'] as string | undefined,
            received: response.headers['x-received'] as string | undefined,
            coding: response.headers['content-encoding'],
            body: Buffer.concat(chunks),
            isWhole: response.complete,
          }),
        );
      },
    );
    outgoing.on('error', () => resolve(undefined));
    outgoing.end(asked.body);
  });
}

/** Several at once on one connection, a new one where it is gone. */
export async function soakH2(t: Teardown, client: SoakClient): Promise<void> {
  const { options, isVictim = false, counts, isOver } = client;
  let session: ClientHttp2Session | undefined;
  const ask = async (): Promise<void> => {
    const asked = nextAsked();
    if (session === undefined) return;
    const { method, path, body, codings } = asked;
    const answer = await h2Call(session, {
      method,
      path,
      headers: ['accept-encoding', codings],
      ...(body !== undefined && { body }),
      ...(options.servername !== undefined && { authority: options.servername }),
    }).catch(() => undefined);
    const got =
      answer === undefined || answer.status === 0
        ? undefined
        : {
            status: answer.status,
            token: headerValue(answer.headers, 'x-token'),
            received: headerValue(answer.headers, 'x-received'),
            coding: headerValue(answer.headers, 'content-encoding'),
            body: answer.bytes,
            isWhole: answer.isWhole && answer.rstCode === 0,
          };
    note(counts, asked, got, isVictim);
  };
  while (!isOver()) {
    if (session === undefined || session.closed || session.destroyed)
      session = await openH2(t, options).catch(() => undefined);
    await Promise.all(Array.from({ length: 4 }, ask));
  }
  session?.destroy();
}

export async function soakWebsocket({ options, counts, isOver }: SoakClient): Promise<void> {
  const { host = '127.0.0.1', port, servername = '' } = options;
  while (!isOver()) {
    const socket = new WebSocket(`wss://${host}:${port}/ws`, {
      ...(options as object),
      headers: { host: servername },
    });
    const fault = await echoes(socket);
    if (fault !== undefined && counts.wrong.length < 20) counts.wrong.push(`WebSocket: ${fault}`);
    counts.websockets++;
  }
}

function echoes(socket: WebSocket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let left = 20;
    let sent = Buffer.alloc(0);
    const send = (): void => {
      sent = randomBytes(2 ** randomInt(1, 17));
      socket.send(sent);
    };
    socket.on('open', send);
    socket.on('error', (error) => resolve(error.message));
    socket.on('message', (data: Buffer) => {
      if (!data.equals(sent)) resolve('another message');
      else if (--left > 0) send();
      else socket.close();
    });
    socket.on('close', () => resolve(left > 0 ? 'closed too early' : undefined));
  });
}
