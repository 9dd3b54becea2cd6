// The certificates that `sallyport dev` needs, as a table: who has it, which CA signs it, for which names, for how long.
import type { SubjectAltNames } from '../pki/identity.ts';
import type { DevRoot } from './dev-roots.ts';
import type { DevUser } from './dev-user.ts';

/** `server` is the edge's, `client` the user's, `upstream-client` Sallyport's own; the others are the demo apps'. */
export type DevLeafName = 'server' | 'client' | 'upstream-client' | 'start' | 'whoami' | 'echo';

export interface DevLeaf {
  readonly name: DevLeafName;
  readonly root: DevRoot;
  readonly commonName: string;
  readonly organization: string;
  readonly days: number;
  readonly names: Partial<SubjectAltNames>;
  /** Whether one with other names is made anew. */
  readonly areNamesFixed: boolean;
}

/** The organization in the subject of what the development CAs sign. */
export const LEAF_ORGANIZATION = 'Sallyport development';

const DAYS = 90;
/** Longer, since renewing it means that people import it again. */
const CLIENT_DAYS = 365;

const EDGE_NAMES = {
  dns: ['*.sallyport.localhost', 'sallyport.localhost', '*.localhost.pomerium.io', 'localhost'],
  ip: ['127.0.0.1', '::1'],
};

/** The table, for this user. */
export function devLeaves(user: DevUser): readonly DevLeaf[] {
  const base = { organization: LEAF_ORGANIZATION, days: DAYS, areNamesFixed: true };
  const app = (name: DevLeafName): DevLeaf => ({
    ...base,
    name,
    root: 'ca',
    commonName: `${name} demo app`,
    names: { dns: [`${name}.sallyport.localhost`], ip: ['127.0.0.1'] },
  });
  return [
    { ...base, name: 'server', root: 'ca', commonName: 'Sallyport edge', names: EDGE_NAMES },
    {
      ...base,
      name: 'client',
      root: 'client-ca',
      commonName: user.commonName,
      days: CLIENT_DAYS,
      names: { email: [user.email], uri: [user.uri] },
      // A host name that changes, as in containers, must not make people import a certificate again.
      areNamesFixed: false,
    },
    {
      ...base,
      name: 'upstream-client',
      root: 'upstream-ca',
      commonName: 'Sallyport',
      names: { uri: ['spiffe://sallyport.localhost/sallyport'] },
    },
    app('start'),
    app('whoami'),
    app('echo'),
  ];
}
