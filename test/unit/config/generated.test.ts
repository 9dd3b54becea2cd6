// The example, the JSON Schema and the tables of the documents stay true to the definition of the settings.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { parseConfig } from '../../../src/config/parse.ts';
import { generated } from '../../support/generated.ts';
import { settingRows } from '../../support/setting-rows.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (name: string) => readFileSync(path.join(root, name), 'utf8');

for (const [name, make] of Object.entries(generated))
  t.test(`${name} is as \`npm run schema\` writes it`, (t) => {
    t.equal(read(name), make(read(name)));
    t.end();
  });

t.test('the example is a configuration without a problem', (t) => {
  const result = parseConfig({ text: read('routes.example.yaml'), file: 'routes.example.yaml', env: {} });
  t.same(result.ok ? result.warnings : result.problems.map((problem) => problem.text), []);
  t.match(read('routes.example.yaml'), /^# yaml-language-server: \$schema=\.\/routes\.schema\.json\n/);
  t.end();
});

t.test('the example shows every setting, as a line or as the comment of one', (t) => {
  const example = read('routes.example.yaml');
  const missing = settingRows()
    .map((row) => row.path.split('.').at(-1) ?? '')
    .filter((key) => !new RegExp(`(?<![\\w])${key}\\b`).test(example));
  t.same(missing, []);
  t.end();
});

t.test('what the example comments out would be right, too', (t) => {
  const text = read('routes.example.yaml');
  const keys = [...text.matchAll(/^ *# (\w+): \$\{env\.\w+\}/gm)].map((match) => match[1]);
  const known = new Set(settingRows().map((row) => row.path.split('.').at(-1)));
  t.ok(keys.length > 5);
  t.same(
    keys.filter((key) => !known.has(key)),
    [],
  );
  t.end();
});

t.test('every setting says what it is for', (t) => {
  const silent = settingRows().filter((row) => !/^.{10,}\.$/.test(row.description));
  t.same(
    silent.map((row) => row.path),
    [],
  );
  t.end();
});

t.test('every default in the example is the default', (t) => {
  const presets = new Map(settingRows().map((row) => [row.path, row.preset]));
  const lines = [...read('routes.example.yaml').matchAll(/^(\w+): .*Default: (\S+)$/gm)];
  t.ok(lines.length > 15);
  for (const [, key = '', preset] of lines) t.equal(preset, presets.get(key), key);
  t.end();
});

t.test('the names that differ in meaning are settings here', (t) => {
  const [, differing = ''] = read('docs/from-pomerium.md').split(/^## /m);
  const known = new Set(settingRows().map((row) => row.path.split('.').at(-1)));
  const names = [...differing.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1]);
  t.ok(names.length > 5);
  t.same(
    names.filter((name) => !known.has(name)),
    [],
  );
  t.end();
});
