// The h1 connection under the contract suite: a pair of in-memory streams in the place of the TLS socket, and the
// response decoder in the place of a browser.
import { duplexPair } from 'node:stream';
import { Deadlines } from '../../src/core/deadlines.ts';
import { H1Connection } from '../../src/edge/h1-connection.ts';
import { chunkStart, lastChunkText } from '../../src/http1/chunk.ts';
import { ResponseDecoder } from '../../src/http1/response-decoder.ts';
import { requestHeadText } from '../../src/http1/write-head.ts';
import {
  CONNECT_TARGET,
  type ClientAnswer,
  type ClientRequest,
  type ClientStream,
  contractConnection,
  emptyAnswer,
  type Implementation,
} from './exchange-client.ts';

const LIMITS = { maxHeadBytes: 65_536, maxHeaders: 100, underscores: 'reject' } as const;
export const SETTINGS = {
  request: { ...LIMITS, maxTargetBytes: 8192, maxBodyBytes: Infinity },
  revocationMs: 5000,
  maxStreams: 100,
  timing: { headMs: 60_000, idleMs: 60_000, minBodyBytesPerSecond: 0, bodyGraceMs: 1000 },
};

export const h1: Implementation = {
  name: 'h1 connection',
  isMultiplexed: false,
  connect(service) {
    const [near, far] = duplexPair({ readableHighWaterMark: 16_384, writableHighWaterMark: 16_384 });
    void new H1Connection(far, {
      connection: contractConnection,
      service,
      settings: SETTINGS,
      deadlines: new Deadlines(),
      reset: () => near.destroy(),
      onClose: () => {},
    });
    const waiting: { answer: ClientAnswer; method: string; upgrade: boolean; connect: boolean }[] = [];
    let current: ClientAnswer | undefined;
    let isTunnel = false;
    let isConnect = false;
    const decoder = new ResponseDecoder(LIMITS, {
      onInformational: (status) => current?.informational.push(status),
      onHead: ({ status, headers }) => {
        if (current === undefined) return;
        current.status = status;
        current.headers = headers;
        isTunnel = status === 101 || (isConnect && status === 200);
      },
      onData: (chunk) => {
        if (current !== undefined) current.body = Buffer.concat([current.body, chunk]);
      },
      onEnd: (trailers) => {
        if (current === undefined) return;
        current.trailers = trailers;
        if (!isTunnel) current.end = 'whole';
      },
    });
    const next = (): void => {
      const upcoming = waiting.shift();
      if (upcoming === undefined) return;
      current = upcoming.answer;
      isConnect = upcoming.connect;
      // No body follows either, whatever the head says.
      decoder.expect({ method: isConnect ? 'HEAD' : upcoming.method, mayUpgrade: upcoming.upgrade });
    };
    const decode = (chunk: Buffer): void => {
      let rest = chunk;
      while (rest.length > 0) {
        if (isTunnel) {
          if (current !== undefined) current.body = Buffer.concat([current.body, rest]);
          return;
        }
        if (decoder.isIdle) next();
        if (decoder.isIdle) return;
        rest = rest.subarray(decoder.decode(rest));
      }
    };
    near.on('data', decode);
    near.on('error', () => {});
    const over = (): void => {
      const end = isTunnel ? 'whole' : 'cut';
      for (const answer of [current, ...waiting.map((one) => one.answer)]) if (answer) answer.end ??= end;
    };
    near.on('end', over);
    near.on('close', over);
    return {
      request(request: ClientRequest): ClientStream {
        const {
          method = 'GET',
          path = '/',
          headers = [],
          contentLength,
          hasBody = false,
          upgrade = false,
          connect = false,
        } = request;
        const isChunked = hasBody && contentLength === undefined;
        const fields = ['Host', connect ? CONNECT_TARGET : 'app.example.com', ...headers];
        if (contentLength !== undefined) fields.push('Content-Length', String(contentLength));
        if (isChunked) fields.push('Transfer-Encoding', 'chunked');
        if (upgrade) fields.push('Connection', 'Upgrade', 'Upgrade', 'websocket');
        if (request.expectsContinue === true) fields.push('Expect', '100-continue');
        const answer = emptyAnswer();
        waiting.push({ answer, method, upgrade, connect });
        const [verb, target] = connect ? ['CONNECT', CONNECT_TARGET] : [method, path];
        near.write(requestHeadText(verb, target, fields), 'latin1');
        return {
          answer,
          write(data) {
            const bytes = Buffer.from(data);
            if (isChunked) near.write(chunkStart(bytes.length));
            near.write(bytes);
            if (isChunked) near.write('\r\n');
          },
          end(trailers = []) {
            if (isChunked) near.write(lastChunkText(trailers));
            else if (upgrade || connect) near.end();
          },
          reset: () => near.destroy(),
          pause: () => near.pause(),
          resume: () => near.resume(),
        };
      },
    };
  },
};
