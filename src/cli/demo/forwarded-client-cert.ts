// Reads X-Forwarded-Client-Cert (Envoy's grammar), as an app behind a proxy does: one element a proxy hop, pairs of key
// and value, quotes where a value has a separator. An app may believe it only because its TLS lets nobody but the proxy in.

/** One hop's account of the certificate that it was shown. */
export interface ForwardedClientCert {
  /** Lower-case hex SHA-256 of the leaf. */
  readonly hash: string | undefined;
  readonly subject: string | undefined;
  readonly uri: readonly string[];
  readonly dns: readonly string[];
}

const MAX_PAIRS = 256;

/** The elements in order, or undefined when the field is malformed: half a belief is none. */
export function parseForwardedClientCert(field: string): ForwardedClientCert[] | undefined {
  const elements: ForwardedClientCert[] = [];
  let pairs: [key: string, value: string][] = [];
  let at = 0;
  for (let count = 0; count < MAX_PAIRS; count++) {
    // key "=" value, the value a quoted string or a run without separators
    PAIR.lastIndex = at;
    const match = PAIR.exec(field);
    if (match === null) return undefined;
    const [, key = '', quoted, plain = ''] = match;
    pairs.push([key.toLowerCase(), quoted === undefined ? plain.trimEnd() : quoted.replace(/\\(.)/g, '$1')]);
    at = PAIR.lastIndex;
    const separator = field[at];
    if (separator !== ';') {
      elements.push(elementOf(pairs));
      pairs = [];
    }
    if (separator === undefined) return elements;
    at++;
  }
  return undefined;
}

const PAIR = /[ \t]*([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"[ \t]*|([^",;=]*))(?=[,;]|$)/y;

function elementOf(pairs: readonly (readonly [key: string, value: string])[]): ForwardedClientCert {
  const all = (key: string): string[] => pairs.flatMap(([name, value]) => (name === key ? [value] : []));
  return {
    hash: all('hash')[0]?.toLowerCase(),
    subject: all('subject')[0],
    uri: all('uri'),
    dns: all('dns'),
  };
}
