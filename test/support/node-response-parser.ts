// What Node's own client (llhttp, strict) makes of an answer: the second opinion on the response decoder.
import { type IncomingMessage, request } from 'node:http';
import { Duplex } from 'node:stream';

export interface NodeResponse {
  status: number;
  headers: readonly string[];
  body: string;
  trailers: readonly string[];
  informational: number;
  isComplete: boolean;
}

/** Feeds the answer to this request and the end of the connection; resolves when Node is through with both. */
export async function parseResponseByNode(bytes: Buffer, method: string): Promise<NodeResponse> {
  const response: NodeResponse = {
    status: 0,
    headers: [],
    body: '',
    trailers: [],
    informational: 0,
    isComplete: false,
  };
  let isAnswered = false;
  const connection = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      done();
      if (isAnswered) return;
      isAnswered = true;
      this.push(bytes);
      this.push(null);
    },
  });
  const outgoing = request({
    method,
    createConnection: () => connection,
    headers: { host: 'a' },
    maxHeaderSize: 65_536,
  });
  outgoing.on('information', () => response.informational++);
  outgoing.on('error', () => undefined);
  outgoing.on('response', (incoming: IncomingMessage) => {
    response.status = incoming.statusCode ?? 0;
    response.headers = incoming.rawHeaders;
    incoming.on('data', (data: Buffer) => (response.body += data.toString('latin1')));
    incoming.on('error', () => undefined);
    incoming.on('end', () => {
      response.trailers = incoming.rawTrailers;
      response.isComplete = incoming.complete;
    });
  });
  const closed = new Promise((resolve) => outgoing.once('close', resolve));
  outgoing.end();
  await closed;
  connection.destroy();
  return response;
}
