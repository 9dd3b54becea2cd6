// What Node's own server (llhttp, strict) makes of bytes: the second opinion for the differential tests. No sockets: an
// in-memory Duplex stands for the connection.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';

export interface NodeRequest {
  method: string;
  url: string;
  version: string;
  headers: readonly string[];
  body: string;
  trailers: readonly string[];
  isComplete: boolean;
}

export interface NodeTranscript {
  requests: NodeRequest[];
  /** llhttp's code; undefined where it had nothing against the bytes. */
  error: string | undefined;
}

/** Feeds the bytes and the end of the connection; resolves when Node is through with both. */
export async function parseByNode(bytes: Buffer): Promise<NodeTranscript> {
  const transcript: NodeTranscript = { requests: [], error: undefined };
  const server = createServer({ requireHostHeader: true, maxHeaderSize: 65_536, keepAliveTimeout: 0 });
  server.maxHeadersCount = 0;
  const onRequest = (request: IncomingMessage, response?: ServerResponse) => {
    const { method = '', url = '', httpVersion, rawHeaders } = request;
    const seen = { method, url, version: `HTTP/${httpVersion}`, headers: rawHeaders, body: '', trailers: [] };
    const entry: NodeRequest = { ...seen, isComplete: false };
    transcript.requests.push(entry);
    request.on('data', (data: Buffer) => (entry.body += data.toString('latin1')));
    request.on('error', () => undefined);
    request.on('end', () => {
      entry.trailers = request.rawTrailers;
      entry.isComplete = request.complete;
      response?.end();
    });
  };
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    onRequest(request);
    const entry = transcript.requests.at(-1);
    if (entry !== undefined) entry.isComplete = true;
    socket.destroy();
  });
  const connection = new Duplex({
    read() {},
    write: (_chunk, _encoding, done) => done(),
  });
  server.on('clientError', (error: Error & { code?: string }) => {
    transcript.error ??= error.code ?? error.message;
    connection.destroy();
  });
  const closed = new Promise((resolve) => connection.once('close', resolve));
  server.emit('connection', connection);
  connection.push(bytes);
  connection.push(null);
  await closed;
  server.close();
  return transcript;
}
