import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import t, { type Test } from 'tap';
import { loadConfig, locateConfigIssues, readConfig } from '../../../src/config/load.ts';
import { decoded } from '../../../src/config/raw-source.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { BASE } from '../../support/config-texts.ts';

const routes = (count: number, extra = '') =>
  Array.from(
    { length: count },
    (_, index) => `  - {from: https://a${index}.example, to: https://b${extra}}\n`,
  );

const source = (count: number, extra?: string) => ({
  bytes: Buffer.from(`${BASE}routes:\n${routes(count, extra).join('')}`),
  file: 'routes.yaml',
  env: { NAME: 'x' },
});

const folder = (t: Test) => {
  const made = mkdtempSync(path.join(tmpdir(), 'sallyport-'));
  t.teardown(() => rmSync(made, { recursive: true }));
  return made;
};

t.test('a worker gives what parsing in place gives, frozen, over several slices', async (t) => {
  const large = source(1203);
  const result = await loadConfig(large);
  t.same(result, parseConfig(decoded(large)));
  t.ok(result.ok);
  if (!result.ok) return;
  t.equal(result.config.routes.length, 1203);
  t.ok(Object.isFrozen(result.config));
  t.ok(Object.isFrozen(result.config.routes));
  t.ok(Object.isFrozen(result.config.routes[1202]?.to?.[0]));
});

t.test('a worker gives the problems of a large text, and warnings with their places', async (t) => {
  const bad = source(600, ', prefx: /');
  t.same(await loadConfig(bad), parseConfig(decoded(bad)));
  const half = { ...bad, bytes: Buffer.from(bad.bytes.toString() + routes(700).slice(600).join('')) };
  t.same(await loadConfig(half), parseConfig(decoded(half)), 'with the routes that are sound');
  const warned = source(600, ', logo_url: x');
  t.same(await loadConfig(warned), parseConfig(decoded(warned)));
});

t.test('a small text is parsed in place, with the same result', async (t) => {
  t.same(await loadConfig(source(2)), parseConfig(decoded(source(2))));
});

t.test('issues of other rooms are located in a large text', async (t) => {
  const problems = await locateConfigIssues(source(600), [{ path: ['routes', 599, 'to'], message: 'no' }]);
  t.match(problems, [{ text: 'routes.yaml:607:38 routes[599].to: no' }]);
});

t.test('the event loop turns while a large text is parsed', async (t) => {
  const large = source(4000);
  const started = performance.now();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const result = await loadConfig(large);
  delay.disable();
  const took = performance.now() - started;
  t.ok(result.ok);
  // In place, the whole of it would be one delay.
  t.ok(delay.max / 1e6 < took / 2, `longest turn ${delay.max / 1e6} ms of ${took} ms`);
});

t.test('a file is read and parsed, and what was read is given back', async (t) => {
  const file = path.join(folder(t), 'routes.yaml');
  writeFileSync(file, source(1).bytes);
  const { result, source: read } = await readConfig(file, {});
  t.same(read.bytes, source(1).bytes);
  t.match(result, { ok: true, config: { certificate_file: path.join(path.dirname(file), 'edge.crt') } });
});

const problemOf = async (file: string) => {
  const { result } = await readConfig(file, {});
  return result.ok ? 'read' : result.problems[0]?.text;
};

t.test('a file that cannot be read is a problem, not an exception', async (t) => {
  const made = folder(t);
  const missing = path.join(made, 'routes.yaml');
  t.equal(
    await problemOf(missing),
    `${missing}: there is no such file: routes.example.yaml shows what to write into it`,
  );
  t.equal(await problemOf(made), `${made}: is a folder: name the file in it`);
  const latin = path.join(made, 'latin1.yaml');
  writeFileSync(latin, Buffer.from([0x61, 0x3a, 0x20, 0xe9]));
  t.equal(await problemOf(latin), `${latin}: is not text in UTF-8`);
});
