// The Domain and Path of cookies as the app sets them, which are of the names that it has for itself, in those that the
// client knows: what nginx calls proxy_cookie_domain and proxy_cookie_path.

export interface CookieRewrite {
  /** From a domain, in lower case and without a leading dot, to another; '': to none, for the host alone. */
  readonly domains: ReadonlyMap<string, string>;
  /** What a path begins with, and what it begins with instead. The first that fits counts. */
  readonly paths: readonly (readonly [prefix: string, value: string])[];
}

/** `cookie`: value of a `Set-Cookie` (RFC 6265 4.1). All but the two attributes stays as it is. */
export function rewriteCookie(cookie: string, rules: CookieRewrite): string {
  const [pair = '', ...attributes] = cookie.split(';');
  return [pair, ...attributes.flatMap((attribute) => rewriteAttribute(attribute, rules))].join(';');
}

function rewriteAttribute(attribute: string, { domains, paths }: CookieRewrite): string[] {
  const equals = attribute.indexOf('=');
  if (equals === -1) return [attribute];
  const name = attribute.slice(0, equals);
  const value = attribute.slice(equals + 1).trim();
  switch (name.trim().toLowerCase()) {
    case 'domain': {
      const domain = domains.get(value.toLowerCase().replace(/^\./, ''));
      if (domain === '') return [];
      return [domain === undefined ? attribute : `${name}=${domain}`];
    }
    case 'path': {
      const [prefix, instead] = paths.find(([one]) => value.startsWith(one)) ?? ['', ''];
      return [prefix === '' ? attribute : `${name}=${instead}${value.slice(prefix.length)}`];
    }
    default:
      return [attribute];
  }
}
