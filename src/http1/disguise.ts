// Names that an application may take for others: CGI, WSGI and PHP fold `_`, `.` and `-` together, so that
// `Transfer_Encoding` becomes Transfer-Encoding behind a proxy that let it through as something unknown.
import { SallyportError } from '../core/errors.ts';

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

/** Lower case, letters and digits only. */
export function foldName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Throws bad_header_name where the name in `bytes[from, to)` is a governing one once folded. */
export function refuseDisguise(bytes: Uint8Array, from: number, to: number): void {
  const name = foldName(String.fromCharCode(...bytes.subarray(from, to)));
  if (GOVERNING.has(name)) throw new SallyportError('bad_header_name', `stands for ${name}`);
}
