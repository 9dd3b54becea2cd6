// The file that `groups_file` names: a YAML map of groups.
import { parseYaml } from './document.ts';
import { groupsSchema } from './schema-policy.ts';
import { fromZod } from './zod-issues.ts';
import { pathText } from '../core/issue.ts';

export interface GroupsFile {
  readonly groups: Readonly<Record<string, readonly unknown[]>>;
  /** Sentences, with the line where there is one. */
  readonly faults: readonly string[];
}

export function fileSettings(text: string): GroupsFile {
  const document = parseYaml(text);
  if (document.faults.length > 0)
    return { groups: {}, faults: document.faults.map(({ message, line }) => `line ${line}: ${message}`) };
  const result = groupsSchema.safeParse(document.value ?? {});
  if (result.success) return { groups: result.data, faults: [] };
  const issues = fromZod(result.error.issues, document.value, [], (key) => `'${key}' is not known`);
  return { groups: {}, faults: issues.map(({ path, message }) => `${pathText(path)} ${message}`.trim()) };
}
