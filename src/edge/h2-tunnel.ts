// A stream of HTTP/2 as a tunnel, after a 200 to CONNECT (RFC 9113 8.5), the extended one too (RFC 8441).
import type { ServerHttp2Stream } from 'node:http2';
import { ClientTunnel, type TunnelParts } from './client-tunnel.ts';

export interface H2TunnelParts extends Omit<TunnelParts, 'early'> {
  /** Writes to the stream. */
  readonly push: (chunk: Buffer) => void;
}

export function openH2Tunnel(stream: ServerHttp2Stream, { push, ...parts }: H2TunnelParts): ClientTunnel {
  const output = {
    get isBlocked() {
      return stream.writableNeedDrain;
    },
    pushNow: push,
  };
  return new ClientTunnel(stream, output, { ...parts, early: undefined });
}
