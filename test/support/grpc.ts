// A gRPC service and its clients, by @grpc/grpc-js on both ends, without generated code: messages are bytes.
import {
  type Client,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceClientConstructor,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { setTimeout as delay } from 'node:timers/promises';
import { makeTestPki } from './certificates.ts';

interface Teardown {
  teardown(fn: () => unknown): void;
}

const bytes = (value: Buffer): Buffer => value;
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});

const SERVICE = {
  unary: method('Unary', false, false),
  fail: method('Fail', false, false),
  slow: method('Slow', false, false),
  collect: method('Collect', true, false),
  count: method('Count', false, true),
  talk: method('Talk', true, true),
};

interface EchoService extends UntypedServiceImplementation {
  readonly unary: handleUnaryCall<Buffer, Buffer>;
  readonly fail: handleUnaryCall<Buffer, Buffer>;
  readonly slow: handleUnaryCall<Buffer, Buffer>;
  readonly collect: handleClientStreamingCall<Buffer, Buffer>;
  readonly count: handleServerStreamingCall<Buffer, Buffer>;
  readonly talk: handleBidiStreamingCall<Buffer, Buffer>;
}

/** https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
const HEALTH = { check: { ...method('Check', false, false), path: '/grpc.health.v1.Health/Check' } };

export interface EchoServer {
  readonly port: number;
  /** Services whose health was asked for. */
  readonly checked: string[];
  readonly health: (status: 'SERVING' | 'NOT_SERVING') => void;
  /** Calls that the other end gave up. */
  readonly cancelled: string[];
  /** Metadata of the last unary call. */
  readonly metadata: () => Record<string, unknown>;
}

/** Over mutual TLS, as apps behind Sallyport are. */
export async function startEchoServer(t: Teardown): Promise<EchoServer> {
  const { app, upstreamCa } = await makeTestPki();
  const cancelled: string[] = [];
  const checked: string[] = [];
  let health = 1;
  let metadata: Record<string, unknown> = {};
  const service: EchoService = {
    unary: (call, callback) => {
      metadata = call.metadata.getMap();
      call.sendMetadata(call.metadata);
      callback(null, call.request);
    },
    fail: (_call, callback) => callback({ code: status.FAILED_PRECONDITION, details: 'not now: ünlucky' }),
    slow: (call) => void call.on('cancelled', () => cancelled.push('slow')),
    collect: (call, callback) => {
      const parts: Buffer[] = [];
      call.on('data', (part: Buffer) => parts.push(part));
      call.on('end', () => callback(null, Buffer.concat(parts)));
    },
    count: (call) => {
      call.on('cancelled', () => cancelled.push('count'));
      void (async () => {
        for (let i = 0; i < Number(call.request.toString()) && !call.cancelled; i++) {
          call.write(Buffer.from(String(i)));
          if (i % 10 === 9) await delay(1);
        }
        call.end();
      })();
    },
    talk: (call) => {
      call.on('data', (part: Buffer) => call.write(Buffer.from(`re: ${part.toString()}`)));
      call.on('end', () => call.end());
    },
  };
  const server = new Server();
  server.addService(SERVICE, service);
  const check: handleUnaryCall<Buffer, Buffer> = ({ request }, callback) => {
    checked.push(request.subarray(2).toString());
    callback(null, Buffer.of(8, health));
  };
  server.addService(HEALTH, { check });
  const tls = ServerCredentials.createSsl(
    Buffer.from(upstreamCa.certPem),
    [{ private_key: Buffer.from(app.keyPem), cert_chain: Buffer.from(app.certPem) }],
    true,
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', tls, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  );
  t.teardown(() => server.forceShutdown());
  return {
    port,
    cancelled,
    checked,
    health: (state) => (health = state === 'SERVING' ? 1 : 2),
    metadata: () => metadata,
  };
}

/** A client of the proxy at `port`; without `shown` it has no certificate. */
export async function echoClient(
  t: Teardown,
  port: number,
  host: string,
  shown?: { readonly certPem: string; readonly keyPem: string },
): Promise<Client & Record<keyof typeof SERVICE, (...args: unknown[]) => never>> {
  const { serverCa } = await makeTestPki();
  const tls = credentials.createSsl(
    Buffer.from(serverCa.certPem),
    shown ? Buffer.from(shown.keyPem) : null,
    shown ? Buffer.from(shown.certPem) : null,
  );
  const Constructor: ServiceClientConstructor = makeGenericClientConstructor(SERVICE, 'Echo');
  const client = new Constructor(`127.0.0.1:${port}`, tls, {
    'grpc.ssl_target_name_override': host,
    'grpc.default_authority': host,
  });
  t.teardown(() => client.close());
  return client as never;
}
