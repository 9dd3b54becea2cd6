// The modules that the page runs, as browsers want them: those of the package are JavaScript already, from the sources
// the types are taken out.
import { readFile, readdir } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';

/** Of this file, and so of those. */
const EXTENSION = path.extname(import.meta.filename);

export const PAGE_SCRIPT = `enrol-page${EXTENSION}`;

let read: Promise<ReadonlyMap<string, Buffer>> | undefined;

/** By file name, as they import each other. Read once a process. */
export function browserScripts(): Promise<ReadonlyMap<string, Buffer>> {
  read ??= readScripts();
  return read;
}

async function readScripts(): Promise<ReadonlyMap<string, Buffer>> {
  const folder = path.join(import.meta.dirname, 'browser');
  const scripts = new Map<string, Buffer>();
  for (const name of await readdir(folder)) {
    if (path.extname(name) !== EXTENSION || name.endsWith('.d.ts')) continue;
    const source = await readFile(path.join(folder, name), 'utf8');
    scripts.set(name, Buffer.from(EXTENSION === '.ts' ? stripTypeScriptTypes(source) : source));
  }
  return scripts;
}
