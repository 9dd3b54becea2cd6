// How a gRPC client is told of a refusal that is none of the app's: always HTTP 200, the status in the header
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Trailers-Only").
import type { FlatHeaders } from './flat-headers.ts';

const UNKNOWN = 2;
/** https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md, and what is closer where that is vague. */
const STATUS: Readonly<Record<number, number>> = {
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 12, // UNIMPLEMENTED
  408: 4, // DEADLINE_EXCEEDED
  413: 8, // RESOURCE_EXHAUSTED
  431: 8,
  500: 13, // INTERNAL
  501: 12,
  502: 14, // UNAVAILABLE
  503: 14,
  504: 4,
};
const UNAUTHENTICATED = 16;

/** Whether the body of a request is gRPC or gRPC-Web. */
export function isGrpc(contentType: string | undefined): boolean {
  return (
    contentType !== undefined &&
    /^application\/grpc(?:-web(?:-text)?)?(?:\+[a-z0-9.-]+)?(?:;|\s|$)/i.test(contentType)
  );
}

export interface GrpcRefusal {
  readonly httpStatus: number;
  /** What is missing is proof of who is calling. */
  readonly isUnauthenticated: boolean;
  readonly message: string;
}

/** The fields of the answer, which has no body. `contentType` is the request's. */
export function grpcFields(
  { httpStatus, isUnauthenticated, message }: GrpcRefusal,
  contentType: string,
): FlatHeaders {
  const status = isUnauthenticated ? UNAUTHENTICATED : (STATUS[httpStatus] ?? UNKNOWN);
  return ['Content-Type', contentType, 'grpc-status', String(status), 'grpc-message', percentEncode(message)];
}

/** Everything but printable ASCII, and `%` itself. */
function percentEncode(text: string): string {
  return Array.from(Buffer.from(text, 'utf8'), (byte) =>
    byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCodePoint(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}
