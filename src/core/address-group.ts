// Whom an address stands for where tries are counted: in IPv6 a customer gets a whole /64 and can change the rest at will
// (RFC 6177, RFC 8981).
import { plainAddress } from './plain-address.ts';

/** The address itself; of an IPv6 address its first 64 bits, as `2001:db8:0:1::/64`. */
export function addressGroup(address: string): string {
  const plain = plainAddress(address).replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const first = wordsOf(head);
  const last = wordsOf(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(8 - first.length - last.length, 0);
  const words = [...first, ...Array.from({ length: zeros }, () => 0), ...last];
  return `${words
    .slice(0, 4)
    .map((word) => word.toString(16))
    .join(':')}::/64`;
}

function wordsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
}
