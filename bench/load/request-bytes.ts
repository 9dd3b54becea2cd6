// The one request that is sent over and over, built once.
import type { Plan } from './plan.ts';

const SLICE_BYTES = 65_536;

export interface RequestBytes {
  /** Head, and the whole body where it fits into one write. */
  readonly first: Buffer;
  /** A slice of the rest of the body, sent `slices` times, then its first `lastBytes`. Empty for small bodies. */
  readonly slice: Buffer;
  readonly slices: number;
  readonly lastBytes: number;
}

/** The request of a plan as bytes. Content-Length is ours alone; Host is given once. */
export function buildRequest(plan: Pick<Plan, 'url' | 'method' | 'headers' | 'bodyBytes'>): RequestBytes {
  const own = plan.headers.filter(([name]) => !['host', 'content-length'].includes(name.toLowerCase()));
  const host = plan.headers.findLast(([name]) => name.toLowerCase() === 'host')?.[1] ?? plan.url.host;
  const lines = [`${plan.method} ${plan.url.pathname}${plan.url.search} HTTP/1.1`, `Host: ${host}`];
  for (const [name, value] of own) lines.push(`${name}: ${value}`);
  if (plan.bodyBytes > 0) lines.push(`Content-Length: ${plan.bodyBytes}`);
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  if (plan.bodyBytes <= SLICE_BYTES)
    return {
      first: Buffer.concat([head, Buffer.alloc(plan.bodyBytes, 'x')]),
      slice: Buffer.alloc(0),
      slices: 0,
      lastBytes: 0,
    };
  return {
    first: head,
    slice: Buffer.alloc(SLICE_BYTES, 'x'),
    slices: Math.floor(plan.bodyBytes / SLICE_BYTES),
    lastBytes: plan.bodyBytes % SLICE_BYTES,
  };
}
