// Whom a client certificate is for: the names that go into it, from what somebody typed.
import { isAddress, normalizeHostname } from '../core/hostname.ts';
import { displayName } from './dev-user.ts';

export interface ClientNames {
  readonly commonName: string;
  readonly names: {
    readonly email: readonly string[];
    readonly dns: readonly string[];
    readonly uri: readonly string[];
  };
}

export interface MoreNames {
  /** Default: none for an email, and with host names; else `spiffe://sallyport.localhost/user/NAME`. */
  readonly uris?: readonly string[] | undefined;
  /** Host names of a machine. Default: none. */
  readonly hosts?: readonly string[] | undefined;
}

/** `who`: an email address, or a plain name. Throws where that, a URI or a host is none. */
export function clientNames(who: string, { uris, hosts = [] }: MoreNames): ClientNames {
  const email = who.includes('@') ? normalEmail(who) : undefined;
  const commonName = displayName(email === undefined ? who : email.slice(0, email.indexOf('@')));
  if (commonName === undefined) throw new Error(`'${who}' is not a name`);
  const hasName = email !== undefined || hosts.length > 0;
  return {
    commonName,
    names: {
      email: email === undefined ? [] : [email],
      dns: hosts.map(machineName),
      // An email has none: the same local part may be two people.
      uri: (uris ?? (hasName ? [] : [userUri(who)])).map(checkedUri),
    },
  };
}

function machineName(text: string): string {
  const host = normalizeHostname(text);
  if (host === undefined || isAddress(host)) throw new Error(`'${text}' is not a host name`);
  return host;
}

function normalEmail(text: string): string {
  const [local = '', domain = '', ...more] = text.split('@');
  const host = normalizeHostname(domain);
  if (more.length > 0 || host === undefined || !/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+$/.test(local))
    throw new Error(`'${text}' is not an email address`);
  return `${local}@${host}`;
}

function userUri(name: string): string {
  return `spiffe://sallyport.localhost/user/${name.replace(/[^A-Za-z0-9._-]+/g, '-')}`;
}

function checkedUri(text: string): string {
  if (!URL.canParse(text) || !/^[\x21-\x7e]+$/.test(text)) throw new Error(`'${text}' is not a URI`);
  return text;
}
