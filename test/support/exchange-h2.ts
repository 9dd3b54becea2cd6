// The h2 connection under the contract suite: a pair of in-memory streams in the place of the TLS socket, and Node's own
// client in the place of a browser.
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { duplexPair } from 'node:stream';
import { Deadlines } from '../../src/core/deadlines.ts';
import type { FlatHeaders } from '../../src/core/flat-headers.ts';
import { H2Connection } from '../../src/edge/h2-connection.ts';
import {
  CONNECT_TARGET,
  type ClientAnswer,
  type ClientRequest,
  type ClientStream,
  contractConnection,
  emptyAnswer,
  type Implementation,
} from './exchange-client.ts';
import { SETTINGS } from './exchange-h1.ts';

export const h2: Implementation = {
  name: 'h2 connection',
  isMultiplexed: true,
  connect(service) {
    const [near, far] = duplexPair({ readableHighWaterMark: 16_384, writableHighWaterMark: 16_384 });
    void new H2Connection(far, {
      connection: contractConnection,
      service,
      settings: SETTINGS,
      deadlines: new Deadlines(),
      reset: () => near.destroy(),
      onClose: () => {},
    });
    const session = connect('https://app.example.com', { createConnection: () => near });
    session.on('error', () => {});
    const isReady = new Promise<void>((resolve) => session.once('remoteSettings', () => resolve()));
    return { request: (request) => streamOf(session, isReady, request) };
  },
};

/** What is asked of it before the server's settings are there waits for them: extended CONNECT needs to know. */
function streamOf(session: ClientHttp2Session, isReady: Promise<void>, request: ClientRequest): ClientStream {
  const answer = emptyAnswer();
  const opened = isReady.then(() => open(session, request, answer));
  const later = (act: (stream: ClientHttp2Stream) => void): void => void opened.then(act);
  return {
    answer,
    write: (data) => later((stream) => stream.write(data)),
    end: (trailers = []) =>
      later((stream) => {
        stream.once('wantTrailers', () => stream.sendTrailers(objectOf(trailers)));
        stream.end();
      }),
    reset: () => later((stream) => stream.close(constants.NGHTTP2_CANCEL)),
    pause: () => later((stream) => stream.pause()),
    resume: () => later((stream) => stream.resume()),
  };
}

function open(session: ClientHttp2Session, request: ClientRequest, answer: ClientAnswer): ClientHttp2Stream {
  const {
    method = 'GET',
    path = '/',
    headers = [],
    contentLength,
    hasBody = false,
    upgrade = false,
    connect: isConnect = false,
  } = request;
  const fields = isConnect
    ? [':method', 'CONNECT', ':authority', CONNECT_TARGET]
    : [':method', upgrade ? 'CONNECT' : method, ':path', path, ':scheme', 'https'];
  if (!isConnect) fields.push(':authority', 'app.example.com');
  if (upgrade) fields.push(':protocol', 'websocket', 'sec-websocket-version', '13');
  for (let i = 0; i < headers.length; i += 2)
    fields.push((headers[i] ?? '').toLowerCase(), headers[i + 1] ?? '');
  if (contentLength !== undefined) fields.push('content-length', String(contentLength));
  if (request.expectsContinue === true) fields.push('expect', '100-continue');
  const endStream = !hasBody && !upgrade && !isConnect && (contentLength ?? 0) === 0;
  const stream = session.request(fields, { endStream, waitForTrailers: hasBody });
  let isEnded = false;
  stream.on('continue', () => answer.informational.push(100));
  stream.on('headers', (_headers, _flags, raw: FlatHeaders) => {
    const status = Number(raw[1]);
    if (!answer.informational.includes(status)) answer.informational.push(status);
  });
  stream.on('response', (_headers, _flags, raw: FlatHeaders) => {
    answer.status = Number(raw[1]);
    answer.headers = raw.slice(2);
  });
  stream.on('trailers', (_headers, _flags, raw: FlatHeaders) => (answer.trailers = raw));
  stream.on('data', (chunk: Buffer) => (answer.body = Buffer.concat([answer.body, chunk])));
  stream.on('end', () => (isEnded = !stream.aborted));
  stream.on('error', () => {});
  stream.on('close', () => {
    answer.end ??= isEnded && stream.rstCode === constants.NGHTTP2_NO_ERROR ? 'whole' : 'cut';
  });
  return stream;
}

function objectOf(flat: FlatHeaders): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) fields[(flat[i] ?? '').toLowerCase()] = flat[i + 1] ?? '';
  return fields;
}
