// `npm run schema`: writes what is made from the settings' one definition: routes.schema.json for editors, and the tables
// of docs/configuration.md and docs/from-pomerium.md. A test holds the files to it.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generated } from './support/generated.ts';

const root = path.resolve(import.meta.dirname, '..');
for (const [name, make] of Object.entries(generated)) {
  const file = path.join(root, name);
  writeFileSync(file, make(name.endsWith('.md') ? readFileSync(file, 'utf8') : ''));
  console.log(`wrote ${name}`);
}
