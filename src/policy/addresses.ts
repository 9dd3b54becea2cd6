// Addresses and blocks of them (CIDR), compiled to one question.
import { BlockList, isIP } from 'node:net';

/** Whether an address is one of these, or in one of these blocks; or what is wrong with the list, as a sentence. */
export function addressTest(entries: readonly unknown[]): ((address: string) => boolean) | string {
  if (entries.length === 0) return 'an empty list admits nobody: give an address or a block';
  const list = new BlockList();
  for (const entry of entries) {
    const fault = typeof entry === 'string' ? addTo(list, entry) : `${JSON.stringify(entry)} is not text`;
    if (fault !== undefined) return fault;
  }
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
}

function addTo(list: BlockList, entry: string): string | undefined {
  const [address = '', bits, ...more] = entry.split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  const isBlock = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  if (family === 0 || !isBlock || more.length > 0)
    return `'${entry}' is neither an address nor a block such as 10.0.0.0/8`;
  list.addSubnet(address, bits === undefined ? most : Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  return undefined;
}
