// The three development CAs. They are three so that nothing one of them vouches for is taken where another is meant: a
// person is no app, an app is no person, and Sallyport itself is no client of its own edge.
import { isIP } from 'node:net';
import { normalizeHostname } from '../core/hostname.ts';
import { DEVELOPMENT_ORGANIZATION, issueRoot } from '../pki/issue.ts';
import type { Issued } from '../pki/issue-certificate.ts';
import type { PermittedNames } from '../pki/name-constraints.ts';

/** `ca` signs servers, `client-ca` people, `upstream-ca` Sallyport's own identity. Also the names of their files. */
export type DevRoot = 'ca' | 'client-ca' | 'upstream-ca';

export const DEV_ROOTS: readonly DevRoot[] = ['ca', 'client-ca', 'upstream-ca'];

const ROOT_DAYS = 3650;

const COMMON_NAME: Readonly<Record<DevRoot, string>> = {
  ca: 'Sallyport development CA for servers',
  'client-ca': 'Sallyport development CA for people',
  'upstream-ca': 'Sallyport development CA for Sallyport itself',
};

/** What `ca` may sign unless more is asked for: this machine. People import it, so its key must not be worth stealing. */
export const LOCAL_NAMES: PermittedNames = {
  dns: ['localhost', 'localhost.pomerium.io'],
  ip: ['127.0.0.0/8', '::1/128'],
};

/** A new root with a new key. `permitted` limits `ca` and is ignored for the others, which nobody imports. */
export function issueDevRoot(root: DevRoot, now: number, permitted: PermittedNames): Promise<Issued> {
  return issueRoot({
    commonName: COMMON_NAME[root],
    organization: DEVELOPMENT_ORGANIZATION,
    days: ROOT_DAYS,
    now,
    ...(root === 'ca' && { nameConstraints: permitted }),
  });
}

/**
 * Sorts what a user permits into DNS subtrees and address blocks. A domain permits itself and what is under it; an
 * address permits itself. Throws on anything else, a `*` included: a subtree has none.
 */
export function parsePermitted(texts: readonly string[]): PermittedNames {
  const dns: string[] = [];
  const ip: string[] = [];
  for (const text of texts) {
    const [address = '', prefix] = text.split('/');
    const bits = isIP(address) === 4 ? 32 : 128;
    const length = prefix ?? String(bits);
    if (isIP(address) !== 0) {
      if (!/^\d{1,3}$/.test(length) || Number(length) > bits)
        throw new Error(`'${text}' is not an address block: write 10.0.0.0/8`);
      ip.push(`${address}/${length}`);
      continue;
    }
    const host = normalizeHostname(text);
    if (host === undefined)
      throw new Error(
        `'${text}' cannot be permitted: write a domain such as example.com, which covers all names under it, or an address`,
      );
    dns.push(host);
  }
  return { dns, ip };
}

/** Both, each entry once. */
export function joinPermitted(one: PermittedNames, other: PermittedNames): PermittedNames {
  return { dns: [...new Set([...one.dns, ...other.dns])], ip: [...new Set([...one.ip, ...other.ip])] };
}
