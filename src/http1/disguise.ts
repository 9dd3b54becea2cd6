// Names that an application may take for others once it has folded them. Those that decide framing or routing are
// refused even where unusual names are let through.
import { SallyportError } from '../core/errors.ts';
import { foldName } from '../core/fold-name.ts';

/** Folded names that decide framing or routing. */
const GOVERNING: ReadonlySet<string> = new Set([
  'host',
  'contentlength',
  'transferencoding',
  'connection',
  'upgrade',
  'expect',
  'te',
  'trailer',
]);

/** Throws bad_header_name where the name in `bytes[from, to)` is a governing one once folded. */
export function refuseDisguise(bytes: Uint8Array, from: number, to: number): void {
  const name = foldName(String.fromCharCode(...bytes.subarray(from, to)));
  if (GOVERNING.has(name)) throw new SallyportError('bad_header_name', `stands for ${name}`);
}
