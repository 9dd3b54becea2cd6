// Bodies of requests that are kept until they are whole, before the app is asked.
import { BufferedBody, type BufferEvents, type ByteBudget } from '../forward/buffered-body.ts';
import type { Directed } from './life.ts';
import { Refusal } from './refusal.ts';

export interface Buffering {
  readonly maxBytes: number;
  /** Of all bodies on all routes. */
  readonly maxTotalBytes: number;
}

/** `taken`: by all bodies. The exchange is the caller's again at the first event. */
export function bufferBody(
  directed: Directed,
  { maxBytes, maxTotalBytes }: Buffering,
  taken: ByteBudget,
  events: BufferEvents,
): Refusal | undefined {
  const { exchange } = directed;
  const { contentLength = 0 } = exchange.request;
  if (contentLength > maxBytes) return new Refusal('body_too_large');
  const body = new BufferedBody(
    {
      maxBytes: contentLength === 0 ? maxBytes : contentLength,
      budget: { bytes: taken, maxBytes: maxTotalBytes },
    },
    events,
  );
  directed.body = body;
  exchange.listen({ onDrain: () => {}, onClose: (error) => body.onAbort(error) });
  exchange.readBody(body);
  return undefined;
}
