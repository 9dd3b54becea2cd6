// The files that are made from the definition of the settings, each as a function from its text as it is now: between
// `<!-- table: name -->` and `<!-- end -->` everything is replaced, the prose around is kept.
import { configJsonSchema } from '../../src/config/known-keys.ts';
import { POMERIUM_KEYS } from '../../src/config/pomerium-keys.ts';
import { settingRows } from './setting-rows.ts';

export const generated: Readonly<Record<string, (before: string) => string>> = {
  'routes.schema.json': () => `${JSON.stringify(schema(), null, 2)}\n`,
  'docs/configuration.md': (before) =>
    fillTables(before, {
      settings: table(settingRows().filter((row) => !row.path.startsWith('routes'))),
      routes: table(settingRows().filter((row) => row.path.startsWith('routes[].'))),
    }),
  'docs/from-pomerium.md': (before) =>
    fillTables(before, {
      global: pomeriumTable('global'),
      downstream_mtls: pomeriumTable('downstream_mtls'),
      route: pomeriumTable('route'),
    }),
};

function schema(): object {
  const { $schema, ...rest } = configJsonSchema();
  return {
    $schema,
    title: 'Sallyport configuration',
    description: 'Made by `npm run schema`; see docs/configuration.md.',
    ...rest,
  };
}

function table(rows: readonly ReturnType<typeof settingRows>[number][]): string {
  const lines = rows.map(
    ({ path, type, preset, description }) =>
      `| \`${path.replace('routes[].', '')}\` | ${type} | ${preset === undefined ? '' : `\`${preset}\``} | ${description} |`,
  );
  return ['| Setting | Value | Default | |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

/** One row a reason, so that keys that fare alike stand together. */
function pomeriumTable(scope: keyof typeof POMERIUM_KEYS): string {
  const rows = new Map<string, string[]>();
  for (const { key, kind, text } of POMERIUM_KEYS[scope]) {
    const reason = `${kind === 'ignored' ? 'ignored' : '**refused**'} | ${text}`;
    rows.set(reason, [...(rows.get(reason) ?? []), `\`${key}\``]);
  }
  const lines = [...rows].map(([reason, keys]) => `| ${keys.join(', ')} | ${reason} |`);
  return ['| Setting | | It … |', '| --- | --- | --- |', ...lines].join('\n');
}

// Prettier would pad every row to the longest.
const IGNORE_START = '\n<!-- prettier-ignore-start -->\n';
const IGNORE_END = '\n<!-- prettier-ignore-end -->\n';

function fillTables(text: string, tables: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /(<!-- table: (\w+) -->)[\s\S]*?(<!-- end -->)/g,
    (_all, open: string, name: string, close: string) =>
      [open, IGNORE_START, tables[name] ?? '', IGNORE_END, close].join('\n'),
  );
}
