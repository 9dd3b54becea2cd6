// What clients must show on which host: the settings for all, those of single hosts over them, and the CA that a route
// gives for its host.
import type { Config, SettingsConfig } from '../config/schema.ts';
import { parseFrom } from '../core/from.ts';
import { type HostPattern, HostMap, parseHostPattern } from '../core/host-map.ts';
import type { Issue, IssuePath } from '../core/issue.ts';
import type { ClientCertificateMode } from '../edge/tls-group.ts';
import type { MtlsSettings } from './build-trust.ts';

/** What holds for the clients of a host. */
export interface HostPolicy {
  /** `default`, or the host as written: what a group of such hosts is named after. */
  readonly origin: string;
  /** Where the settings stand. */
  readonly path: IssuePath;
  readonly mtls: MtlsSettings;
  readonly mode: ClientCertificateMode;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

export interface HostPolicies {
  /** For every host that is not among `hosts`. */
  readonly fallback: HostPolicy;
  readonly hosts: HostMap<HostPolicy>;
}

type HostEntry = SettingsConfig['hosts'][number];
type OwnMtls = NonNullable<HostEntry['downstream_mtls']>;

interface Given {
  readonly pattern: HostPattern;
  readonly path: IssuePath;
  readonly entry: Omit<HostEntry, 'host'> & { readonly host: string };
}

/** Faults are pushed onto `issues`. */
export function hostPolicies(config: Config, issues: Issue[]): HostPolicies {
  const fallback = policyOf({
    origin: 'default',
    path: ['downstream_mtls'],
    mtls: config.downstream_mtls,
    minVersion: config.tls_min_version,
    issues,
  });
  const hosts = new HostMap<HostPolicy>();
  for (const { pattern, path, entry } of givenHosts(config, issues))
    hosts.set(
      pattern,
      policyOf({
        origin: entry.host,
        path: [...path, 'downstream_mtls'],
        mtls: merged(config.downstream_mtls, entry.downstream_mtls ?? {}),
        minVersion: entry.tls_min_version ?? config.tls_min_version,
        issues,
      }),
    );
  return { fallback, hosts };
}

/** The policy that the clients of a route meet, whichever of its hosts they ask for. */
export function policyOfRoute({ fallback, hosts }: HostPolicies, from: string): HostPolicy {
  const pattern = parseFrom(from);
  if (typeof pattern === 'string') return fallback;
  if (pattern.kind === 'exact') return hosts.lookup(pattern.host) ?? fallback;
  return hosts.get(pattern) ?? hosts.wildcard(pattern.host) ?? fallback;
}

function givenHosts(config: Config, issues: Issue[]): Iterable<Given> {
  const given = new HostMap<Given>();
  const all: Given[] = [];
  for (const [index, entry] of config.hosts.entries()) {
    const path: IssuePath = ['hosts', index];
    const pattern = parseHostPattern(entry.host);
    if (typeof pattern === 'string') continue;
    if (given.get(pattern) !== undefined) {
      issues.push({
        path: [...path, 'host'],
        message: `'${entry.host}' has an entry already: write one for all of it`,
      });
      continue;
    }
    const one = { pattern, path, entry };
    given.set(pattern, one);
    all.push(one);
  }
  for (const [index, route] of config.routes.entries()) {
    const own = caOf(route);
    const pattern = own && parseFrom(route.from);
    if (own === undefined || pattern === undefined || typeof pattern === 'string') continue;
    const known = given.get(pattern);
    const knownCa = known?.entry.downstream_mtls && caText(known.entry.downstream_mtls);
    if (knownCa !== undefined) {
      if (knownCa !== JSON.stringify(own))
        issues.push({
          path: ['routes', index, `tls_downstream_client_${Object.keys(own)[0] ?? 'ca'}`],
          message: 'the host of this route has another client CA already: one holds for all routes of a host',
        });
      continue;
    }
    const one = {
      pattern,
      path: known?.path ?? (['routes', index] as IssuePath),
      entry: {
        ...known?.entry,
        host: known?.entry.host ?? route.from.replace(/^(?:tcp\+)?https:\/\//i, ''),
        downstream_mtls: { ...known?.entry.downstream_mtls, ...own },
      },
    };
    given.set(pattern, one);
    if (known === undefined) all.push(one);
    else all[all.indexOf(known)] = one;
  }
  return all;
}

function caOf(route: Config['routes'][number]): Pick<OwnMtls, 'ca' | 'ca_file'> | undefined {
  const { tls_downstream_client_ca: ca, tls_downstream_client_ca_file: caFile } = route;
  if (caFile !== undefined) return { ca_file: caFile };
  return ca === undefined ? undefined : { ca };
}

function caText({ ca, ca_file: caFile }: OwnMtls): string | undefined {
  if (caFile !== undefined) return JSON.stringify({ ca_file: caFile });
  return ca === undefined ? undefined : JSON.stringify({ ca });
}

/** Forms of one thing replace each other; the deny list for all holds everywhere. */
function merged(general: MtlsSettings, own: OwnMtls): MtlsSettings {
  const { ca, ca_file: caFile, crl, crl_file: crlFile, crl_urls: crlUrls, ...others } = general;
  const { client_certificate: mode, ...rest } = others;
  const hasCa = own.ca !== undefined || own.ca_file !== undefined;
  const hasCrl = own.crl !== undefined || own.crl_file !== undefined || own.crl_urls !== undefined;
  return {
    ...rest,
    ...(!hasCa && ca !== undefined && { ca }),
    ...(!hasCa && caFile !== undefined && { ca_file: caFile }),
    ...(!hasCrl && crl !== undefined && { crl }),
    ...(!hasCrl && crlFile !== undefined && { crl_file: crlFile }),
    ...(!hasCrl && crlUrls !== undefined && { crl_urls: crlUrls }),
    // Whoever gives a host a CA of its own means clients to show something.
    ...(mode !== undefined && !(hasCa && mode === 'none') && { client_certificate: mode }),
    ...own,
    deny: [...general.deny, ...(own.deny ?? [])],
  };
}

function policyOf({
  issues,
  ...policy
}: Omit<HostPolicy, 'mode'> & { readonly issues: Issue[] }): HostPolicy {
  const { mtls, path } = policy;
  const hasCa = mtls.ca !== undefined || mtls.ca_file !== undefined;
  const isAsked = mtls.enforcement === 'policy';
  const mode = mtls.client_certificate ?? (!hasCa ? 'none' : isAsked ? 'request' : 'require');
  if (mode !== 'none' && !hasCa)
    issues.push({
      path: [...path, 'client_certificate'],
      message: `${mode} needs a client CA: give ca_file`,
    });
  if (isAsked && mtls.client_certificate !== undefined && mode !== 'request')
    issues.push({
      path: [...path, 'client_certificate'],
      message: `enforcement: policy is the same as request, and this says ${mode}: remove one of them`,
    });
  return { ...policy, mode };
}
