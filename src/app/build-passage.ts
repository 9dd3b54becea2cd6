// From a route's settings about how requests and answers pass to what the pipeline and forwarding take.
import { COMPRESSED_TYPES } from '../config/schema-passage.ts';
import type { Config, RouteConfig } from '../config/schema.ts';
import type { CompressionSettings } from '../forward/compression.ts';
import type { Buffering } from '../pipeline/buffering.ts';
import { limitOf } from './build-edge.ts';

/** Infinity for no limit. */
export function maxBodyBytesOf(route: RouteConfig, config: Config): number {
  return limitOf(route.max_request_body_bytes ?? config.max_request_body_bytes);
}

/** Undefined where bodies go to the app as they come. */
export function bufferingOf(route: RouteConfig, config: Config): Buffering | undefined {
  const { buffer_requests: maxBytes } = route;
  return maxBytes === undefined
    ? undefined
    : {
        maxBytes: Math.min(maxBytes, maxBodyBytesOf(route, config)),
        maxTotalBytes: config.max_buffered_request_bytes,
      };
}

/** Undefined where answers pass as they are. */
export function compressionOf(route: RouteConfig): CompressionSettings | undefined {
  const { compress: codings, compress_types: types = COMPRESSED_TYPES, compress_min_bytes: minBytes } = route;
  return codings && { codings, coversType: mediaTypeTest(types), minBytes };
}

/** `types` and what is asked about in lower case, without parameters. */
function mediaTypeTest(types: readonly string[]): (type: string) => boolean {
  const exact = new Set(types.filter((type) => !type.includes('*')));
  const patterns = types.filter((type) => type.includes('*')).map((type) => type.split('*', 2));
  return (type) =>
    exact.has(type) ||
    // Events go out one by one: whoever wants them compressed names them.
    (type !== 'text/event-stream' &&
      patterns.some(([start = '', end = '']) => type.startsWith(start) && type.endsWith(end)));
}
