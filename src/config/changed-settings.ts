// What a reload changed at the top of the configuration, so that it touches nothing else.
import type { Config, SettingsConfig } from './schema.ts';

export type SettingName = keyof SettingsConfig;

/** The settings that differ, routes aside: those are compared by whoever has them compiled. */
export function changedSettings(before: Config, after: Config): SettingName[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Config>;
  return [...names].filter(
    (name): name is SettingName =>
      name !== 'routes' && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
}
