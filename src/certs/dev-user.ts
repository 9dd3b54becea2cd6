// Who the client certificate of `sallyport dev` is for: the user of this computer, in the characters that names may have.
import os from 'node:os';
import { normalizeHostname } from '../core/hostname.ts';

export interface DevUser {
  /** Display name, without dots: OpenSSL holds a dotted common name against DNS name constraints. */
  readonly commonName: string;
  readonly email: string;
  /** `spiffe://sallyport.localhost/user/NAME` */
  readonly uri: string;
}

const MAX_COMMON_NAME = 64; // RFC 5280 ub-common-name

/** The user `name` of the computer `host`, whatever characters the two have. */
export function devUser(name: string, host: string): DevUser {
  // `DOMAIN\ada` on Windows
  const short = name.slice(name.lastIndexOf('\\') + 1);
  const plain = short.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+|[.-]+$/g, '');
  const local = plain === '' ? 'developer' : plain.replace(/\.{2,}/g, '.');
  const domain = normalizeHostname(host) ?? 'localhost';
  return {
    commonName: displayName(short) ?? local,
    email: `${local}@${domain}`,
    uri: `spiffe://sallyport.localhost/user/${local}`,
  };
}

/** The user who runs this process. */
export function currentUser(): DevUser {
  return devUser(userName(), os.hostname());
}

/** The text as a common name: no dots, no control characters, at most 64 characters; undefined when nothing is left. */
export function displayName(text: string): string | undefined {
  const name = text.replace(/[.\p{Cc}]+/gu, ' ').trim();
  return name === '' ? undefined : Array.from(name).slice(0, MAX_COMMON_NAME).join('');
}

/** A container may run under a user id that has no name. */
function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return 'developer';
  }
}
