// Reads back what a development root may sign (RFC 5280 4.2.1.10), so that a certificate which every client would refuse
// is refused here, with a hint, instead of in the browser, without one.
import { BlockList, isIP } from 'node:net';
import { AsnConvert } from '@peculiar/asn1-schema';
import { NameConstraints } from '@peculiar/asn1-x509';
import type { PermittedNames } from './name-constraints.ts';
import { X509Certificate } from './x509-library.ts';

const NAME_CONSTRAINTS = '2.5.29.30';

/** The permitted subtrees of a CA, or undefined when it has no name constraints and may sign any name. */
export function parsePermittedNames(caPem: string): PermittedNames | undefined {
  const extension = new X509Certificate(caPem).getExtension(NAME_CONSTRAINTS);
  if (extension === null) return undefined;
  const { permittedSubtrees } = AsnConvert.parse(extension.value, NameConstraints);
  const bases = Array.from(permittedSubtrees ?? [], ({ base }) => base);
  return {
    dns: bases.flatMap(({ dNSName }) => dNSName ?? []),
    ip: bases.flatMap(({ iPAddress }) => iPAddress ?? []),
  };
}

/** Whether a host name (`*.` in front allowed) or an address is within the subtrees. */
export function isPermitted(name: string, permitted: PermittedNames): boolean {
  if (isIP(name) !== 0) return permitted.ip.some((block) => contains(block, name));
  const host = name.startsWith('*.') ? name.slice(2) : name;
  return permitted.dns.some((subtree) => host === subtree || host.endsWith(`.${subtree}`));
}

function contains(block: string, address: string): boolean {
  const [network = '', prefix = ''] = block.split('/');
  if (isIP(network) !== isIP(address)) return false;
  const family = isIP(network) === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family);
  return list.check(address, family);
}
