// What all routes share of policy: the named groups, from the configuration and from their own file, and the global rules.
import { fileSettings } from '../config/groups-file.ts';
import type { SettingsConfig } from '../config/schema.ts';
import type { Issue } from '../core/issue.ts';
import { type SharedPolicy, compileShared } from '../policy/compile.ts';
import { compileGroups } from '../policy/groups.ts';
import type { SettingFiles } from './setting-files.ts';

export interface PolicyContext {
  readonly files: SettingFiles;
  readonly issues: Issue[];
}

export async function buildPolicy(config: SettingsConfig, context: PolicyContext): Promise<SharedPolicy> {
  const report = (issue: Issue): void => void context.issues.push(issue);
  const groups = compileGroups(config.groups, ['groups'], report);
  const { groups_file: file } = config;
  const text = file === undefined ? undefined : await context.files.read(file, ['groups_file']);
  if (file !== undefined && text !== undefined) {
    const { groups: more, faults } = fileSettings(text);
    const inFile = (message: string): void =>
      report({ path: ['groups_file'], message: `${file}: ${message}` });
    for (const fault of faults) inFile(fault);
    const compiled = compileGroups(more, [], ({ path, message }) => inFile(`${path.join('.')} ${message}`));
    for (const [name, test] of compiled)
      if (groups.has(name)) inFile(`the group '${name}' is under groups as well: remove one`);
      else groups.set(name, test);
  }
  const { shared, issues } = compileShared(config.policy, config.policy_mode, groups);
  context.issues.push(...issues);
  return shared;
}
