// Every setting as a row: its path, what may stand there, its default, what it is for. Read from the JSON Schema, so from
// what users and editors see.
import { configJsonSchema } from '../../src/config/known-keys.ts';
import { asMap, type RawMap } from '../../src/config/rules.ts';

export interface SettingRow {
  /** `routes[].redirect.host_redirect`. */
  readonly path: string;
  readonly type: string;
  /** Undefined where there is none. */
  readonly preset: string | undefined;
  readonly description: string;
}

export function settingRows(): SettingRow[] {
  const rows: SettingRow[] = [];
  const visit = (schema: RawMap, path: string): void => {
    for (const [key, value] of Object.entries(asMap(schema['properties']))) {
      const setting = asMap(value);
      const here = path === '' ? key : `${path}.${key}`;
      const isGroup = setting['properties'] !== undefined;
      const preset = isGroup || setting['default'] === undefined ? undefined : presetText(setting['default']);
      rows.push({
        path: here,
        type: typeOf(setting),
        preset,
        description: typeof setting['description'] === 'string' ? setting['description'] : '',
      });
      visit(setting, here);
      for (const branch of branchesOf(setting)) visit(asMap(branch['items']), `${here}[]`);
      for (const branch of branchesOf(setting).slice(1)) visit(branch, here);
    }
  };
  visit(configJsonSchema(), '');
  return rows.filter((row, index) => rows.findIndex((other) => other.path === row.path) === index);
}

/** The schema itself, then the branches of its union. */
function branchesOf(schema: RawMap): RawMap[] {
  const { anyOf } = schema;
  return [schema, ...(Array.isArray(anyOf) ? anyOf.flatMap((one) => branchesOf(asMap(one))) : [])];
}

function presetText(value: unknown): string {
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((one) => presetText(one)).join(', ');
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}

function typeOf(schema: RawMap): string {
  const { anyOf, type, items, enum: words, const: constant, pattern } = schema;
  if (Array.isArray(anyOf)) {
    const kinds = [...new Set(anyOf.map((one) => typeOf(asMap(one))))];
    if (kinds.includes('duration')) return 'duration';
    if (kinds.includes('size')) return 'size';
    if (kinds.includes('number')) return 'number';
    if (kinds.includes('`true`, `false`')) return '`true`, `false`';
    const single = kinds.filter((kind) => !kind.startsWith('list of '));
    if (single.length < kinds.length) return `${single.join(' or ')}, or a list`;
    return kinds.join(', ');
  }
  if (Array.isArray(words)) return words.map((word) => `\`${String(word)}\``).join(', ');
  if (constant !== undefined) return `\`${JSON.stringify(constant)}\``;
  if (type === 'array') return `list of ${typeOf(asMap(items))}`;
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'integer') return 'number';
  if (type === 'object') return schema['properties'] === undefined ? 'names and values' : 'settings';
  if (typeof pattern === 'string' && pattern.includes('ms|s|m|h')) return 'duration';
  if (typeof pattern === 'string' && pattern.includes('[kKmMgGtT]')) return 'size';
  return type === 'string' ? 'text' : String(type);
}
