// Keys that are no settings: Pomerium's own, which have a table, and mistakes, which get the nearest setting suggested.
import { z } from 'zod';
import type { IssuePath } from '../core/issue.ts';
import { findPomeriumKey, type PomeriumScope } from './pomerium-keys.ts';
import { asMap, type RawMap } from './rules.ts';
import { routeSchema } from './schema-route.ts';
import { configSchema } from './schema.ts';
import { suggest } from '../core/suggest.ts';
import type { ConfigIssue } from './zod-issues.ts';

/** The configuration as a JSON Schema (2020-12) of what a user may write, for editors. */
export function configJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(configSchema, { io: 'input' });
}

let cached: unknown;

/** The settings that may stand at a place; indexes in the path are any number. Empty where none are known. */
export function knownKeys(at: IssuePath): readonly string[] {
  cached ??= configJsonSchema();
  let nodes: readonly unknown[] = [cached];
  for (const part of at)
    nodes = nodes.flatMap((node) => {
      const { items, properties } = asMap(node);
      return branches(typeof part === 'number' ? items : asMap(properties)[part]);
    });
  return nodes.flatMap((node) => Object.keys(asMap(asMap(node)['properties'])));
}

/** A schema and, where it is a union, its branches and the items of none. */
const branches = (node: unknown): unknown[] => {
  const { anyOf } = asMap(node);
  return [node, ...(Array.isArray(anyOf) ? anyOf.flatMap(branches) : [])];
};

/** What to write about a key that is no setting at a place. */
export function unknownKey(key: string, at: IssuePath): string {
  if (key === '<<') return 'merge keys are not understood here: write the settings out';
  const known = knownKeys(at);
  const near = suggest(key, known);
  if (near !== undefined) return `is not a setting: did you mean ${near}?`;
  const isInRoute = at[0] === 'routes';
  if (!isInRoute && knownKeys(['routes', 0]).includes(key)) return 'belongs in a route: move it there';
  if (isInRoute && knownKeys([]).includes(key))
    return 'belongs at the top of the file: move it out of the routes';
  if (known.length <= 10) return `is not a setting: those here are ${known.join(', ')}`;
  return 'is not a setting: see routes.example.yaml for all there are';
}

/** Keys that are settings here and must not be taken for Pomerium's, whose table has `session_*` and the like. */
const KNOWN: Readonly<Record<PomeriumScope, ReadonlySet<string>>> = {
  global: new Set(Object.keys(configSchema.shape)),
  downstream_mtls: new Set(),
  route: new Set(Object.keys(routeSchema.shape)),
};

/** A copy without undefined values and without the keys that only Pomerium has, each of which gets its issue. */
export function takePomeriumKeys(
  map: RawMap,
  scope: PomeriumScope,
  at: IssuePath,
  issues: ConfigIssue[],
): Record<string, unknown> {
  const rest: [string, unknown][] = [];
  for (const [key, value] of Object.entries(map)) {
    if (value === undefined) continue;
    const entry = KNOWN[scope].has(key) ? undefined : findPomeriumKey(scope, key);
    if (entry === undefined) {
      rest.push([key, value]);
      continue;
    }
    const isIgnored = entry.kind === 'ignored';
    issues.push({
      path: [...at, key],
      message: `this setting of Pomerium ${entry.text}${isIgnored ? '; it is ignored' : ''}`,
      severity: isIgnored ? 'warning' : 'error',
      at: 'key',
    });
  }
  return Object.fromEntries(rest);
}
