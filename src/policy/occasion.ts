// From a question about a route to what its criteria look at.
import type { Occasion } from './criterion.ts';
import type { Question } from './decide.ts';

export function occasionOf({ connection, verdict, method, path, now }: Question): Occasion {
  return {
    leaf: verdict?.ok === true ? verdict.identity.leaf : undefined,
    isInvalid: verdict?.ok === false && verdict.reason !== 'none_sent',
    demandsCertificate: connection.demandsCertificate,
    remoteAddress: connection.remoteAddress,
    tlsVersion: connection.tlsVersion,
    method,
    path,
    now,
  };
}
