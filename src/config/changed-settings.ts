// What a reload changed at the top of the configuration, so that it touches nothing else.
import type { SettingsConfig } from './schema.ts';

export type SettingName = keyof SettingsConfig;

/** The settings that differ; routes, where there are any, are compared by whoever has them compiled. */
export function changedSettings(before: SettingsConfig, after: SettingsConfig): SettingName[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<SettingName | 'routes'>;
  return [...names].filter(
    (name): name is SettingName =>
      name !== 'routes' && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
}
