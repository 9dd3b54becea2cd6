// Where programs are that may or may not be installed.
import { constants, accessSync } from 'node:fs';
import path from 'node:path';

/** Where the tool is on the PATH; undefined: nowhere. */
export function toolPath(
  tool: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  return (env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, tool))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
