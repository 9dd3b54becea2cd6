// The name constraints of a development root (RFC 5280 4.2.1.10): what limits the harm if the key of a root that people
// have imported is ever stolen.
import { AsnConvert } from '@peculiar/asn1-schema';
import { GeneralName, GeneralSubtree, GeneralSubtrees, NameConstraints } from '@peculiar/asn1-x509';
import { Extension } from './x509-library.ts';

export interface PermittedNames {
  /** DNS subtrees: `localhost` covers itself and everything under it. */
  readonly dns: readonly string[];
  /** CIDR blocks, e.g. `127.0.0.0/8`. Empty: no address at all. */
  readonly ip: readonly string[];
}

/** The critical extension. A list with no entry forbids names of that type: leaving it out would permit all of them. */
export function nameConstraintsExtension(permitted: PermittedNames): Extension {
  const allowed = [
    ...permitted.dns.map((dNSName) => subtree({ dNSName })),
    ...permitted.ip.map((iPAddress) => subtree({ iPAddress })),
  ];
  const denied = [
    ...(permitted.dns.length > 0 ? [] : [subtree({ dNSName: '' })]),
    ...(permitted.ip.length > 0 ? [] : [subtree({ iPAddress: '0.0.0.0/0' }), subtree({ iPAddress: '::/0' })]),
  ];
  const constraints = new NameConstraints({
    ...(allowed.length > 0 && { permittedSubtrees: new GeneralSubtrees(allowed) }),
    ...(denied.length > 0 && { excludedSubtrees: new GeneralSubtrees(denied) }),
  });
  return new Extension('2.5.29.30', true, AsnConvert.serialize(constraints));
}

function subtree(base: Partial<GeneralName>): GeneralSubtree {
  return new GeneralSubtree({ base: new GeneralName(base) });
}
