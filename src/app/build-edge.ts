// From the configuration to what the edge needs: certificates, trust, limits.
import { CredentialStore } from '../certs/credential-store.ts';
import type { OcspAnswers } from '../certs/ocsp-answers.ts';
import type { Config } from '../config/schema.ts';
import type { Issue } from '../core/issue.ts';
import type { EdgeSettings } from '../edge/edge.ts';
import type { Credential } from '../pki/credential.ts';
import type { TlsGroupSettings } from '../edge/tls-group.ts';
import { type Autocert, idleAutocert } from './autocert.ts';
import { type AutocertPlan, autocertPlan } from './autocert-plan.ts';
import { buildGroups } from './build-groups.ts';
import { givenSources } from './cert-sources.ts';
import type { Inventory } from './inventory.ts';
import type { HostPolicies } from './host-policies.ts';
import type { RemoteLists } from './remote-lists.ts';
import type { SettingFiles } from './setting-files.ts';
import { trustedAddresses } from './trusted-addresses.ts';

export interface EdgeContext {
  readonly files: SettingFiles;
  readonly issues: Issue[];
  readonly inventory: Inventory;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly policies: HostPolicies;
  readonly remote: RemoteLists | undefined;
  readonly ocsp: OcspAnswers | undefined;
  /** Undefined: what is kept is read, and that is all. */
  readonly autocert: Autocert | undefined;
  /** The TLS groups in force. */
  readonly previous: readonly TlsGroupSettings[];
}

export interface BuiltEdge {
  /** Undefined, with issues, when there is no usable certificate or the CAs are not what they should be. */
  readonly edge: EdgeSettings | undefined;
  readonly autocert: AutocertPlan | undefined;
}

export async function buildEdge(config: Config, context: EdgeContext): Promise<BuiltEdge> {
  const given = await givenCredentials(config, context);
  const autocert = await autocertPlan(config, given, context);
  const credentials = autocert === undefined ? storeOf(given) : await credentialsNow(autocert, context);
  return { edge: await edgeSettings(config, credentials, context), autocert };
}

async function credentialsNow(
  plan: AutocertPlan,
  { autocert, inventory, now }: EdgeContext,
): Promise<CredentialStore> {
  const source = autocert ?? idleAutocert();
  try {
    const store = await source.credentials(plan, now);
    const others = store.all.filter((credential) => !plan.given.includes(credential));
    for (const { leaf, chain } of others)
      for (const facts of [leaf, ...chain]) inventory.note('edge', ['autocert'], facts);
    return store;
  } finally {
    if (autocert === undefined) source.stop();
  }
}

function storeOf([first, ...others]: readonly Credential[]): CredentialStore | undefined {
  return first === undefined ? undefined : new CredentialStore(first, ...others);
}

async function edgeSettings(
  config: Config,
  credentials: CredentialStore | undefined,
  context: EdgeContext,
): Promise<EdgeSettings | undefined> {
  const tls = await buildGroups(config, context.policies, { ...context, credentials });
  if (tls === undefined) return undefined;
  const { max_request_body_bytes: maxBody } = config;
  return {
    tls,
    listener: {
      handshakeMs: config.handshake_timeout,
      maxHandshakes: config.max_handshakes,
      maxConnections: config.max_connections,
      maxConnectionsPerAddress: config.max_connections_per_address,
      maxClientHelloBytes: config.max_client_hello_bytes,
      maxFailedHandshakes: config.max_failed_handshakes_per_address,
      isProxied: proxiedTest(config, context.issues),
    },
    http: {
      revocationMs: config.revocation_deadline,
      maxStreams: config.http2_max_concurrent_streams,
      request: {
        maxHeadBytes: config.max_request_header_bytes,
        maxHeaders: config.max_request_headers,
        maxTargetBytes: config.max_uri_bytes,
        // A route may allow more than the rest: its own limit is checked once the route is known.
        maxBodyBytes: config.routes.some((route) => route.max_request_body_bytes !== undefined)
          ? Infinity
          : limitOf(maxBody),
        underscores: config.headers_with_underscores_action,
      },
      timing: {
        headMs: config.header_timeout,
        idleMs: config.timeout_idle,
        minBodyBytesPerSecond: config.min_request_body_rate,
        bodyGraceMs: config.min_request_body_grace,
      },
    },
  };
}

/** Nobody, unless the configuration says whom to believe. */
function proxiedTest(
  { use_proxy_protocol: isUsed, proxy_protocol_trusted: trusted }: Config,
  issues: Issue[],
): (address: string) => boolean {
  if (isUsed && trusted === undefined)
    issues.push({
      path: ['use_proxy_protocol'],
      message: 'needs proxy_protocol_trusted: whoever may say on whose behalf they connect',
    });
  const test = trustedAddresses('proxy_protocol_trusted', trusted ?? [], issues);
  return isUsed ? test : () => false;
}

/** 0 means no limit. */
export function limitOf(setting: number): number {
  return setting === 0 ? Infinity : setting;
}

async function givenCredentials(config: Config, context: EdgeContext): Promise<Credential[]> {
  const given: Credential[] = [];
  for (const source of givenSources(config, context)) given.push(...(await source.credentials(context.now)));
  return given;
}
