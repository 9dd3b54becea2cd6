// YAML to plain data, read strictly: one document, no duplicate keys, no tags, no merge keys, aliases within bounds. And
// the way back, from a path in the data to its line and column.
import {
  type Alias,
  type ErrorCode,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from 'yaml';
import type { IssuePath } from '../core/issue.ts';

/** Lines and columns from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Fault extends Position {
  readonly message: string;
}

export interface ParsedDocument {
  /** Plain data; undefined when there are faults. */
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /**
   * Where the value at the path stands; of its nearest ancestor where there is none. `key`: where its key stands, as
   * also for a key without a value.
   */
  readonly locate: (path: IssuePath, at?: 'key') => Position;
}

const START: Position = { line: 1, column: 1 };
/** Aliases that multiply into more than this are an accident or an attack ('billion laughs'). */
const MAX_ALIAS_COUNT = 100_000;

export function parseYaml(text: string): ParsedDocument {
  const lines = new LineCounter();
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      // At 'silent' a second document would be dropped without a word.
      logLevel: 'error',
      stringKeys: true,
      resolveKnownTags: false,
      schema: 'core',
    });
    const faults = [...document.errors, ...document.warnings].map((error): Fault => {
      const { line, column } = positionOf(error.pos[0]);
      return { line, column, message: faultText(error) };
    });
    return {
      value: faults.length > 0 ? undefined : document.toJS({ maxAliasCount: MAX_ALIAS_COUNT }),
      faults,
      locate: (path, at) => {
        const node = nodeAt(document.contents, path, at, (alias) => alias.resolve(document));
        return node?.range ? positionOf(node.range[0]) : START;
      },
    };
  } catch (error) {
    // The parser recurses, and refuses what aliases blow up, by throwing.
    const message =
      error instanceof RangeError
        ? 'is nested too deeply to be read'
        : `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { value: undefined, faults: [{ ...START, message }], locate: () => START };
  }
}

/** The node of the value at a path; `key`: the node of its key. The nearest ancestor's where there is none. */
function nodeAt(
  root: Node | null,
  path: IssuePath,
  at: 'key' | undefined,
  resolve: (alias: Alias) => Node | undefined,
): Node | null {
  let found = root;
  let node = root;
  for (const [depth, part] of path.entries()) {
    if (isAlias(node)) node = resolve(node) ?? null;
    let key: unknown;
    let value: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key: name }) => isScalar(name) && name.value === part);
      ({ key, value } = pair ?? {});
    } else if (isSeq(node) && typeof part === 'number') value = node.items[part];
    const isLast = depth === path.length - 1;
    // A key without a value is shown by its key: the value stands nowhere.
    const isEmpty = isScalar(value) && value.value === null && value.source === '';
    if (isNode(key) && ((isLast && at === 'key') || isEmpty || !isNode(value))) return key;
    if (!isNode(value)) break;
    found = value;
    node = value;
  }
  return found;
}

const FAULTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  DUPLICATE_KEY: 'this key is written twice in one place: remove one',
  TAB_AS_INDENT: 'a tab is no indentation in YAML: write spaces',
  MULTIPLE_DOCS: 'a second document begins here: one file holds one configuration',
  TAG_RESOLVE_FAILED: 'tags (!…) are not understood here: write the value alone',
  NON_STRING_KEY: 'every key must be text: put it in quotes',
};

const faultText = ({ code, message }: YAMLError): string =>
  FAULTS[code] ?? `bad YAML: ${message.replaceAll(/\s+/g, ' ')}`;
