// `npm run bench:instructions`: processor instructions a request of what bench/engine.ts measures, counted by valgrind, so
// that the machine's load and speed do not matter: runs differ by 2 %. Takes a minute. `--json` for tests.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeCertificates } from './run/certificates.ts';
import { createEngine } from './run/engine.ts';
import { countedHere, instructionsOf } from './run/instructions.ts';

const CONNECTIONS = 64;
/** Until V8 has compiled what it will compile. */
const WARM_UP_TURNS = 800;
const TURNS = 100;

async function child(): Promise<never> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sallyport-instructions-'));
  const certificates = await writeCertificates(folder);
  const engine = await createEngine(certificates, { connections: CONNECTIONS, answerBytes: 1024 });
  rmSync(folder, { recursive: true });
  for (let i = 0; i < WARM_UP_TURNS; i++) await engine.turn();
  await countedHere();
  for (let i = 0; i < TURNS; i++) await engine.turn();
  process.exit();
}

if (process.argv.includes('--child')) await child();
const instructions = Math.round(
  (await instructionsOf([import.meta.filename, '--child'])) / TURNS / CONNECTIONS,
);
if (process.argv.includes('--json')) console.log(JSON.stringify({ instructions }));
else console.log(`a request: ${instructions} instructions`);
