// The public keys of assertions (RFC 7517), where Pomerium has them and under our own name.
import type { Life } from './life.ts';
import type { Jwks } from './served-route.ts';

const PATHS: ReadonlySet<string> = new Set([
  '/.well-known/pomerium/jwks.json',
  '/.well-known/sallyport/jwks.json',
]);

/** What is asked for, where assertions are made and the request is for their keys. On every host. */
export function jwksAsked({ served, exchange }: Life): Jwks | undefined {
  if (served.jwks === undefined) return undefined;
  const { method, target } = exchange.request;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const mark = target.indexOf('?');
  return PATHS.has(mark === -1 ? target : target.slice(0, mark)) ? served.jwks : undefined;
}
