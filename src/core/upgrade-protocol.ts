// What a connection may be switched to (RFC 9110 7.8), and what none ever is, whatever a route says.

/** Names of protocols that carry requests of their own, or TLS with such in it. */
const CARRIES_REQUESTS = /^(?:h2|h3|http|tls)/;
/** RFC 9298, RFC 9484 and their kin: the client names where the bytes go. */
const CARRIES_ANYWHERE = /^connect-/;

/** Why the protocol (in lower case) is never switched to; undefined: a route may allow it. */
export function whyNeverSwitchedTo(protocol: string): string | undefined {
  if (CARRIES_REQUESTS.test(protocol))
    return 'whatever is asked inside of it would pass no check here (request smuggling)';
  if (CARRIES_ANYWHERE.test(protocol))
    return 'it leads wherever the client says, past every route (request smuggling)';
  return undefined;
}
