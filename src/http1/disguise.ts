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

/** Throws bad_header_name where the name is a governing one once folded. */
export function refuseDisguise(name: string): void {
  const folded = foldName(name);
  if (GOVERNING.has(folded)) throw new SallyportError('bad_header_name', `stands for ${folded}`);
}

/**
 * Throws bad_framing where the field is Transfer-Encoding: there is a tab behind its value. That is white space
 * (RFC 9110 5.5), but llhttp takes `chunked` with a tab behind it for another coding, so two would read two bodies.
 */
export function refuseTabbedCoding(bytes: Uint8Array, from: number, to: number): void {
  if (foldName(String.fromCharCode(...bytes.subarray(from, to))) === 'transferencoding')
    throw new SallyportError('bad_framing', 'tab behind the transfer coding');
}
