// From plain data, as YAML or a caller gave it, to settings with their defaults and every issue: keys, values, the rules
// between them. A mistake anywhere hides none elsewhere: the top and each route are parsed by themselves.
import { pathText } from '../core/issue.ts';
import { checkDuplicates } from './duplicates.ts';
import { type Environment, expandEnv, overrideFromEnv } from './env.ts';
import { takePomeriumKeys, unknownKey } from './known-keys.ts';
import { checkRoute } from './route-rules.ts';
import { asMap, checkSettings, isMap, type RawMap } from './rules.ts';
import { routeSchema } from './schema-route.ts';
import { type Config, type RouteConfig, type SettingsConfig, settingsSchema } from './schema.ts';
import { checkTracing } from './tracing-rules.ts';
import { type ConfigIssue, fromZod } from './zod-issues.ts';

/** What has no fault of its own, for the other rooms to find theirs in. To be served only when nothing has any. */
export interface SoundConfig {
  /** Defaults stand where a setting has a fault; a route that has one is left out. */
  readonly config: Config;
  /** Where each route stands in the file. */
  readonly routeIndexes: readonly number[];
  /** The settings at the top that have a fault, at any depth. */
  readonly faulty: ReadonlySet<string>;
}

export interface Settings {
  /** Undefined when the input is no map. Not yet frozen; paths as written. */
  readonly sound: SoundConfig | undefined;
  readonly issues: readonly ConfigIssue[];
}

/** Takes issues about values. */
type Collect = (found: readonly ConfigIssue[]) => void;

export function settingsOf(input: unknown, env: Environment): Settings {
  if (!isMap(input)) {
    const message = 'holds no settings: see routes.example.yaml for what a configuration is';
    return { sound: undefined, issues: [{ path: [], message }] };
  }
  const issues: ConfigIssue[] = [];
  const { routes: written, ...top } = asMap(expandEnv(input, env, issues));
  // A value whose variable is not set has been spoken of; what it looks like without is nobody's fault.
  const unset = new Set(issues.map((issue) => pathText(issue.path)));
  const collect: Collect = (found) => {
    for (const issue of found) if (!unset.has(pathText(issue.path))) issues.push(issue);
  };
  const raw = takePomeriumKeys(
    withoutOldRoutes(overrideFromEnv(top, env, issues), issues),
    'global',
    [],
    issues,
  );
  const settings = parseSettings(raw, issues, collect);
  const list = listOfRoutes(written, issues);
  const routes = list?.map((route, index) => parseRoute(route, index, issues, collect)) ?? [];
  for (const issue of [...checkSettings(raw, list), ...checkTracing(raw, list ?? [])]) issues.push(issue);
  for (const issue of checkDuplicates(routes)) issues.push(issue);

  return { sound: soundOf(settings, routes, issues), issues };
}

/** `policy` was once Pomerium's name for the list of routes. */
function withoutOldRoutes(top: RawMap, issues: ConfigIssue[]): RawMap {
  const { policy, ...rest } = top;
  if (!Array.isArray(policy) || !policy.some((entry) => isMap(entry) && 'from' in entry)) return top;
  issues.push({ path: ['policy'], message: "is the old name of 'routes': write routes", at: 'key' });
  return rest;
}

function soundOf(
  settings: SettingsConfig,
  routes: readonly (RouteConfig | undefined)[],
  issues: readonly ConfigIssue[],
): SoundConfig {
  const faulty = new Set<string>();
  const faultyRoutes = new Set<string | number | undefined>();
  for (const { path, severity } of issues)
    if (severity === 'warning') continue;
    else if (path[0] === 'routes') faultyRoutes.add(path[1]);
    else faulty.add(String(path[0] ?? ''));
  const sound: RouteConfig[] = [];
  const routeIndexes: number[] = [];
  for (const [index, route] of routes.entries())
    if (route !== undefined && !faultyRoutes.has(index)) {
      sound.push(route);
      routeIndexes.push(index);
    }
  return { config: { ...settings, routes: sound }, routeIndexes, faulty };
}

function parseSettings(raw: RawMap, issues: ConfigIssue[], collect: Collect): SettingsConfig {
  const downstream = raw['downstream_mtls'];
  const settings = isMap(downstream)
    ? {
        ...raw,
        downstream_mtls: takePomeriumKeys(downstream, 'downstream_mtls', ['downstream_mtls'], issues),
      }
    : raw;
  const result = settingsSchema.safeParse(settings);
  if (result.success) return result.data;
  collect(fromZod(result.error.issues, settings, [], unknownKey));
  const faulty = new Set(
    result.error.issues.flatMap(({ path, ...issue }) =>
      issue.code === 'unrecognized_keys' && path.length === 0 ? issue.keys : [String(path[0])],
    ),
  );
  // Every setting at the top has a default, so what is left always parses.
  return settingsSchema.parse(
    Object.fromEntries(Object.entries(settings).filter(([key]) => !faulty.has(key))),
  );
}

function listOfRoutes(routes: unknown, issues: ConfigIssue[]): readonly unknown[] | undefined {
  if (Array.isArray(routes)) return routes;
  const isMissing = routes === undefined;
  const message = isMissing
    ? 'there are no routes: give routes, a list of hosts and the apps behind them'
    : 'expected a list of routes, each beginning with a dash';
  issues.push({ path: isMissing ? [] : ['routes'], message });
  return undefined;
}

function parseRoute(
  route: unknown,
  index: number,
  issues: ConfigIssue[],
  collect: Collect,
): RouteConfig | undefined {
  const at = ['routes', index];
  if (!isMap(route)) {
    issues.push({ path: at, message: 'expected a route: from, and one of to, redirect, response, enrol' });
    return undefined;
  }
  const raw = takePomeriumKeys(route, 'route', at, issues);
  issues.push(...checkRoute(raw, at));
  const result = routeSchema.safeParse(raw);
  if (result.success) return result.data;
  collect(fromZod(result.error.issues, raw, at, unknownKey));
  return undefined;
}
