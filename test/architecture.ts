// The house rules as code: who may import whom, how long a file may be, who may touch the heavy libraries.
// Run by `npm run check:architecture`; prints every breach and exits 1 when there is one.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const MAX_LINES = 300;

/** room -> rooms it may import. `exchange` holds types only, so its imports must be `import type`. */
const ARROWS: Record<string, readonly string[]> = {
  core: [],
  pki: ['core'],
  config: ['core'],
  http1: ['core'],
  observe: ['core'],
  redis: [],
  certs: ['pki', 'redis', 'core'],
  route: ['core'],
  policy: ['pki', 'core'],
  upstream: ['pki', 'http1', 'core'],
  exchange: ['pki', 'route', 'policy', 'upstream', 'core'],
  edge: ['certs', 'pki', 'http1', 'exchange', 'core'],
  forward: ['exchange', 'upstream', 'core'],
  enrol: ['certs', 'pki', 'exchange', 'core'],
  pipeline: ['forward', 'exchange', 'route', 'policy', 'upstream', 'core'],
  admin: ['core'],
  app: [
    'core',
    'pki',
    'config',
    'http1',
    'observe',
    'redis',
    'certs',
    'route',
    'policy',
    'upstream',
    'exchange',
    'edge',
    'forward',
    'pipeline',
    'admin',
    'enrol',
  ],
  cli: ['app', 'config', 'pki', 'core'],
};

/** Library -> the only rooms (or single files) that may import it. */
const OWNERS: Record<string, readonly string[]> = {
  undici: ['src/upstream/'],
  '@peculiar/x509': ['src/pki/x509-library.ts'],
  'reflect-metadata': ['src/pki/x509-library.ts'],
  pino: ['src/observe/'],
  'pino-pretty': ['src/observe/'],
  'prom-client': ['src/observe/'],
  re2js: ['src/core/', 'src/route/', 'src/policy/', 'src/pki/'],
  yaml: ['src/config/'],
  zod: ['src/config/'],
  'acme-client': ['src/certs/acme/'],
  ioredis: ['src/redis/'],
  commander: ['src/cli/'],
  'rate-limiter-flexible': ['src/enrol/'],
  ws: ['src/cli/demo/'],
  'http-proxy': ['bench/'],
};

const FORBIDDEN_NAMES = /(^|[-/])(utils?|helpers?|common|types?|misc)\.ts$/;
const IMPORT = /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\('([^']+)'\)/g;

const root = path.resolve(import.meta.dirname, '..');
const breaches: string[] = [];

const roomOf = (file: string): string | undefined => {
  const [top, room, ...rest] = file.split('/');
  return top === 'src' && rest.length > 0 ? room : undefined;
};

function checkImport(file: string, specifier: string, isTypeOnly: boolean): void {
  const room = roomOf(file);
  if (!specifier.startsWith('.')) {
    const owners = OWNERS[specifier];
    if (file.startsWith('src/') && owners && !owners.some((owner) => file.startsWith(owner)))
      breaches.push(`${file}: '${specifier}' may be imported only by ${owners.join(', ')}`);
    return;
  }
  if (room === undefined) return;
  const target = roomOf(path.join(path.dirname(file), specifier));
  if (target === undefined || target === room) return;
  if (!ARROWS[room]?.includes(target)) breaches.push(`${file}: room '${room}' may not import '${target}'`);
  if (room === 'exchange' && target !== 'core' && !isTypeOnly)
    breaches.push(`${file}: 'exchange' imports types only, from '${target}' too`);
}

for (const file of globSync('{src,test,bench}/**/*.ts', { cwd: root }).sort()) {
  const text = readFileSync(path.join(root, file), 'utf8');
  const lines = text.split('\n').length - 1;
  if (lines > MAX_LINES) breaches.push(`${file}: ${lines} lines, the limit is ${MAX_LINES}`);
  if (FORBIDDEN_NAMES.test(file)) breaches.push(`${file}: name the file for what it does`);
  const room = roomOf(file);
  if (room !== undefined && !(room in ARROWS)) breaches.push(`${file}: '${room}' is not a known room`);
  for (const match of text.matchAll(IMPORT))
    checkImport(file, match[2] ?? '', match[1] !== undefined || match[0].includes('import type'));
  for (const match of text.matchAll(DYNAMIC)) checkImport(file, match[1] ?? '', false);
}

// A link to node_modules in a commit replaces the real folder in every clone that takes the commit.
if (existsSync(path.join(root, '.git'))) {
  const tracked = execFileSync('git', ['ls-files', 'node_modules'], { cwd: root, encoding: 'utf8' });
  if (tracked !== '') breaches.push('node_modules: git rm --cached node_modules, it must not be committed');
}

for (const breach of breaches) console.error(breach);
console.log(breaches.length === 0 ? 'architecture: in order' : `architecture: ${breaches.length} breach(es)`);
process.exitCode = breaches.length === 0 ? 0 : 1;
