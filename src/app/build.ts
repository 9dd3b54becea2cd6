// From a Config to everything that runs on it, or to every reason why it cannot. Changes nothing that is in force: what
// it makes is swapped in whole by the proxy.
import type { Config, SettingsConfig } from '../config/schema.ts';
import type { Hostname } from '../core/hostname.ts';
import type { Issue } from '../core/issue.ts';
import type { EdgeSettings } from '../edge/edge.ts';
import type { CollectorCredentials } from '../observe/collector.ts';
import type { Served } from '../pipeline/served-route.ts';
import type { UpstreamSource } from '../upstream/pooled-endpoint.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { ownCredentials } from './own-credentials.ts';
import type { AutocertPlan } from './autocert-plan.ts';
import { type Assertions, buildAssertions } from './build-assertion.ts';
import { collectorCredentials } from './build-collector.ts';
import { buildEdge } from './build-edge.ts';
import { hostPolicies } from './host-policies.ts';
import { buildRefusals } from './build-refusals.ts';
import type { RedisAccess } from '../redis/redis-client.ts';
import type { KnownLimits } from './build-limits.ts';
import { buildRoutes } from './build-routes.ts';
import type { FileStates } from './file-states.ts';
import { hstsWith } from './hsts.ts';
import { Inventory, type NotedCertificate } from './inventory.ts';
import type { Renewals } from './renewals.ts';
import { SettingFiles } from './setting-files.ts';
import { trustedProxiesOf } from './trusted-addresses.ts';

export interface Build {
  /** Without the routes: what is left of 100,000 of them is the table, not the text of each as well. */
  readonly settings: SettingsConfig;
  readonly edge: EdgeSettings;
  /** Which certificates are to be asked for. */
  readonly autocert: AutocertPlan | undefined;
  readonly served: Served;
  readonly assertions: Assertions | undefined;
  /** Those whose instances are looked at, or follow DNS. */
  readonly followed: readonly Upstream[];
  /** Against which requests are counted. */
  readonly limits: KnownLimits;
  /** Through which they are counted together with other machines. */
  readonly limitsRedis: RedisAccess | undefined;
  /** For the collector of traces; undefined: none are exported. */
  readonly collector: CollectorCredentials | undefined;
  /** What the configuration relies on. */
  readonly inventory: readonly NotedCertificate[];
  /** Files that settings name. */
  readonly files: FileStates;
  /** Equal for the same files with the same content. */
  readonly filesFingerprint: string;
}

export interface BuildContext {
  readonly registry: UpstreamSource;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What is in force. */
  readonly previous: Build | undefined;
  /** What is not there is not fetched, asked or ordered; certificates that are kept are read in any case. */
  readonly renewals?: Partial<Pick<Renewals, 'remote' | 'ocsp' | 'autocert' | 'names'>> | undefined;
}

export interface BuildResult {
  /** Undefined when an issue is an error. */
  readonly build: Build | undefined;
  readonly issues: readonly Issue[];
  /** To watch even where the build failed: mending one of them may be what the user does next. */
  readonly files: FileStates;
}

/** Whether an app is to get assertions. */
const passes = (one: { readonly pass_identity_headers?: boolean }): boolean =>
  one.pass_identity_headers === true;

export async function build(config: Config, context: BuildContext): Promise<BuildResult> {
  const { registry, now, previous, renewals } = context;
  const issues: Issue[] = [];
  const files = new SettingFiles(issues);
  const inventory = new Inventory();
  const policies = hostPolicies(config, issues);
  const groups = previous?.edge.tls.groups ?? [];
  const { edge, autocert } = await buildEdge(config, {
    files,
    issues,
    inventory,
    now,
    policies,
    remote: renewals?.remote,
    ocsp: renewals?.ocsp,
    autocert: renewals?.autocert,
    previous: groups,
  });
  const refusals = await buildRefusals(config, { files, issues });
  const trustedProxies = trustedProxiesOf(config, issues);
  const assertions = await buildAssertions(config, passes(config) || config.routes.some(passes), {
    files,
    issues,
    previous: previous?.assertions,
  });
  const assertion = assertions?.settings;
  const { routes, passthrough, followed, limits } = await buildRoutes(config, {
    files,
    issues,
    inventory,
    registry,
    now,
    policies,
    assertion,
    limits: previous?.limits ?? new Map(),
  });
  const { rate_limit_redis: url } = config;
  const limitsRedis = url === undefined ? undefined : { url, ...(await ownCredentials(config, files)) };
  const collector = await collectorCredentials(config, { files, issues, inventory, now });
  if (edge === undefined && issues.length === 0)
    issues.push({
      path: [],
      message: 'no certificate to show: give certificates, or certificate_file and certificate_key_file',
    });
  const isUsable = issues.every(({ severity }) => severity === 'warning');
  if (edge === undefined || !isUsable) return { build: undefined, issues, files: files.states };
  const served = {
    routes,
    passthrough,
    refusals,
    trustedProxies,
    jwks: assertions?.jwks,
    groupOf: (host: Hostname) => edge.tls.hosts.lookup(host) ?? edge.tls.defaultGroup,
    policyVersion: (previous?.served.policyVersion ?? 0) + 1,
    hsts: hstsWith(edge.tls.groups[0]?.credentials),
  };
  await renewals?.names?.introduce(followed);
  const { routes: _, ...settings } = config;
  const filesFingerprint = await files.fingerprint();
  return {
    build: {
      settings,
      edge,
      autocert,
      served,
      assertions,
      followed,
      limits,
      limitsRedis,
      collector,
      inventory: inventory.certificates,
      files: files.states,
      filesFingerprint,
    },
    issues,
    files: files.states,
  };
}
