// From what clients must show on which host to the TLS groups of the edge: hosts with the same settings share one.
import type { CredentialStore } from '../certs/credential-store.ts';
import type { Config } from '../config/schema.ts';
import { HostMap, parseHostPattern } from '../core/host-map.ts';
import type { AlpnProtocol, TlsGroupSettings } from '../edge/tls-group.ts';
import type { TlsGroupsSettings } from '../edge/tls-groups.ts';
import { type TrustContext, buildTrust } from './build-trust.ts';
import type { HostPolicies, HostPolicy } from './host-policies.ts';

export interface GroupsContext extends Omit<TrustContext, 'trust'> {
  /** Undefined, where there is none: then what is trusted is looked at all the same, for its faults. */
  readonly credentials: CredentialStore | undefined;
  /** Those in force: what is trusted there keeps its version where nothing about it changed. */
  readonly previous: readonly TlsGroupSettings[];
}

/** Undefined, with issues, when the CAs of a group are not what they should be. */
export async function buildGroups(
  config: Config,
  policies: HostPolicies,
  context: GroupsContext,
): Promise<TlsGroupsSettings | undefined> {
  const groups = new Map<string, TlsGroupSettings>();
  const names = new Map<string, string>();
  let isUsable = true;
  const nameOf = async (policy: HostPolicy): Promise<string> => {
    const { mtls, mode, minVersion } = policy;
    const key = JSON.stringify([mode === 'none' ? {} : mtls, mode, minVersion]);
    const known = names.get(key);
    if (known !== undefined) return known;
    const name = `${policy.origin}/${mode}/${minVersion}`;
    names.set(key, name);
    const group = await buildGroup(name, policy, config, context);
    if (group === undefined) isUsable = false;
    else groups.set(name, group);
    return name;
  };
  const defaultGroup = await nameOf(policies.fallback);
  const hosts = new HostMap<string>();
  for (const [pattern, policy] of policies.hosts.entries()) hosts.set(pattern, await nameOf(policy));
  if (!isUsable) return undefined;
  const nameless = namelessGroup(config.default_host, { groups, hosts, defaultGroup });
  if (typeof nameless === 'object') groups.set(nameless.name, nameless);
  return {
    groups: [...groups.values()],
    hosts,
    defaultGroup,
    namelessGroup: typeof nameless === 'object' ? nameless.name : nameless,
  };
}

const PROTOCOLS = {
  auto: ['h2', 'http/1.1'],
  http1: ['http/1.1'],
  http2: ['h2'],
} as const satisfies Record<Config['codec_type'], readonly AlpnProtocol[]>;

async function buildGroup(
  name: string,
  { mtls, path, mode, minVersion }: HostPolicy,
  config: Config,
  { credentials, previous, ...context }: GroupsContext,
): Promise<TlsGroupSettings | undefined> {
  const before = previous.find((group) => group.name === name);
  const trust =
    mode === 'none' ? undefined : await buildTrust(mtls, path, { ...context, trust: before?.trust });
  if (trust === 'unusable' || (trust === undefined && mode !== 'none') || credentials === undefined)
    return undefined;
  return {
    name,
    serves: name,
    credentials,
    clientCertificate: mode,
    trust,
    refusal: mtls.enforcement === 'reject_connection' ? 'close' : 'answer',
    minVersion,
    protocols: PROTOCOLS[config.codec_type],
    sessionTimeoutMs: config.session_timeout,
  };
}

/** Where one group is all there is, it takes clients that name no host as well; else they need one of their own. */
function namelessGroup(
  defaultHost: string | undefined,
  {
    groups,
    hosts,
    defaultGroup,
  }: Pick<TlsGroupsSettings, 'hosts' | 'defaultGroup'> & { groups: Map<string, TlsGroupSettings> },
): TlsGroupSettings | string | undefined {
  if (defaultHost === undefined) return groups.size === 1 ? defaultGroup : undefined;
  const pattern = parseHostPattern(defaultHost);
  const name = typeof pattern === 'string' ? undefined : hosts.lookup(pattern.host);
  const group = groups.get(name ?? defaultGroup);
  return group && { ...group, name: `${group.name}/no-name` };
}
