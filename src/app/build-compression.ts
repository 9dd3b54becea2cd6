// From a route's settings about compression to what forwarding takes.
import { COMPRESSED_TYPES } from '../config/schema-passage.ts';
import type { RouteConfig } from '../config/schema.ts';
import type { CompressionSettings } from '../forward/compression.ts';

/** Undefined where answers pass as they are. */
export function compressionOf(route: RouteConfig): CompressionSettings | undefined {
  const { compress: codings, compress_types: types = COMPRESSED_TYPES, compress_min_bytes: minBytes } = route;
  return codings && { codings, isCompressible: mediaTypeTest(types), minBytes };
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
