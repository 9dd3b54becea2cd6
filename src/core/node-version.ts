// Which Node this runs on. Older ones resume a TLS session made at one virtual host, under its CA, at another: a client
// without the right certificate would be let in, so nothing here starts on them. This file must load on any old Node.

/** The range in package.json `engines`, in words. */
export const NODE_RANGE = '24.17 or a later 24.x, or 26.3.1 or later';

/**
 * Why this Node cannot be used, as one sentence; undefined when it can. 25.x and 26.0 to 26.3.0 are among those shown
 * to be vulnerable. `version` as in `process.versions.node`; what cannot be read is refused.
 */
export function nodeVersionFault(version: string): string | undefined {
  const [major = Number.NaN, minor = Number.NaN, patch = Number.NaN] = version
    .split('.')
    .map(Number.parseFloat);
  const isSafe =
    (major === 24 && minor >= 17) ||
    (major === 26 && (minor > 3 || (minor === 3 && patch >= 1))) ||
    major > 26;
  if (isSafe) return undefined;
  return `Sallyport needs Node ${NODE_RANGE}, since others can resume the TLS session of one host at another host; this is Node ${version}.`;
}

/**
 * Whether this Node does not show the intermediates that a client has sent once OpenSSL has verified them, as 24.21.0 does
 * not (seen; 24.20 and 26.10 do). Chains of more than one certificate are then refused: `unknown_issuer`.
 */
export function hidesSentChains(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number.parseFloat);
  return major === 24 && minor >= 21;
}
