/** An IPv4 address inside of IPv6, as a socket of both families gives it, is written as IPv4; '' for a unix socket. */
export function plainAddress(address: string | undefined): string {
  return address === undefined ? '' : address.replace(/^::ffff:(?=\d+\.)/i, '');
}
