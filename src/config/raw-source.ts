// A configuration as it was read, undecoded: making text of 10 MB, and copying it into another thread, would hold up what
// is being served; bytes are handed over and decoded there.
import type { ConfigSource } from './parse.ts';

export interface RawSource extends Omit<ConfigSource, 'text'> {
  /** UTF-8. */
  readonly bytes: Uint8Array;
}

/** The text, without a byte order mark. */
export function decoded({ bytes, ...rest }: RawSource): ConfigSource {
  return { ...rest, text: new TextDecoder().decode(bytes) };
}
