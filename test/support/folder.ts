// A folder of its own for a test, gone at its end.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export function temporaryFolder(t: { teardown(handler: () => void): void }): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sallyport-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Texts by file name. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
}
