import t from 'tap';
import { grpcFields, isGrpc } from '../../../src/core/grpc-status.ts';

t.test('gRPC is known by its media type', async (t) => {
  for (const type of [
    'application/grpc',
    'application/grpc+proto',
    'APPLICATION/GRPC;x=y',
    'application/grpc-web',
    'application/grpc-web-text+proto',
  ])
    t.ok(isGrpc(type), type);
  for (const type of [
    undefined,
    '',
    'application/json',
    'application/grpcx',
    'text/application/grpc',
    'application/grpc-webx',
  ])
    t.notOk(isGrpc(type), String(type));
});

const fields = (httpStatus: number, message = 'no', isUnauthenticated = false) =>
  grpcFields({ httpStatus, isUnauthenticated, message }, 'application/grpc');

t.test("the status is gRPC's, the message percent-encoded", async (t) => {
  t.strictSame(fields(403, 'not für you, 100%\n'), [
    'Content-Type',
    'application/grpc',
    'grpc-status',
    '7',
    'grpc-message',
    'not f%C3%BCr you, 100%25%0A',
  ]);
  const statuses = [400, 403, 404, 500, 502, 503, 504, 421].map((status) => fields(status)[3]);
  t.strictSame(statuses, ['3', '7', '12', '13', '14', '14', '4', '2']);
  t.equal(fields(403, 'who?', true)[3], '16');
});
