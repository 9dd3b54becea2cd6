// An address as people read it.
import type { BoundAddress } from '../edge/address.ts';

export function addressText(address: BoundAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  return `https://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
