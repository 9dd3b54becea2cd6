// Rules between settings, which a schema of single values cannot say. They look at what was written (`raw`), so that a
// bad value elsewhere hides none of them.
import { DNS_NEEDS } from './schema-autocert-dns.ts';
import type { Issue, IssuePath } from '../core/issue.ts';

export type RawMap = Readonly<Record<string, unknown>>;

export const isMap = (value: unknown): value is RawMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A map as the user wrote it; an empty one where something else stands. */
export const asMap = (value: unknown): RawMap => (isMap(value) ? value : {});

/** As `flag` reads it. */
export const isTrue = (value: unknown): boolean => value === true || value === 'true';

export const has = (map: RawMap, key: string): boolean => map[key] !== undefined && map[key] !== null;

/** A certificate and its key: both or none, each in one of its two forms. */
export function checkPair(map: RawMap, at: IssuePath, cert: string, key: string): Issue[] {
  const issues: Issue[] = [...checkForms(map, at, cert), ...checkForms(map, at, key)];
  const [certName, keyName] = [formOf(map, cert), formOf(map, key)];
  if (certName !== undefined && keyName === undefined)
    issues.push({ path: [...at, certName], message: `has no private key: give ${key}_file` });
  if (keyName !== undefined && certName === undefined)
    issues.push({ path: [...at, keyName], message: `has no certificate: give ${cert}_file` });
  return issues;
}

/** Inline or by path, not both. */
export function checkForms(map: RawMap, at: IssuePath, name: string): Issue[] {
  if (!has(map, name) || !has(map, `${name}_file`)) return [];
  return [{ path: [...at, name], message: `${name} and ${name}_file are both set: remove one` }];
}

const formOf = (map: RawMap, name: string): string | undefined =>
  has(map, `${name}_file`) ? `${name}_file` : has(map, name) ? name : undefined;

/** Rules over everything but single routes. `routes` as written; undefined where there is no list of them. */
export function checkSettings(raw: RawMap, routes: readonly unknown[] | undefined): Issue[] {
  const downstream = asMap(raw['downstream_mtls']);
  const issues = [
    ...checkPair(raw, [], 'certificate', 'certificate_key'),
    ...checkForms(raw, [], 'certificate_authority'),
    ...checkAutocert(raw),
    ...checkForms(raw, [], 'signing_key'),
    ...checkForms(downstream, ['downstream_mtls'], 'ca'),
    ...checkForms(downstream, ['downstream_mtls'], 'crl'),
    ...(hasHostCa(raw, routes ?? []) ? [] : checkNeedsCa(downstream)),
    ...checkHosts(raw['hosts']),
    ...checkPair(asMap(raw['upstream_mtls']), ['upstream_mtls'], 'cert', 'key'),
  ];
  const list = raw['certificates'];
  const hasList = Array.isArray(list) ? list.length > 0 : has(raw, 'certificates');
  const hasOther = has(raw, 'certificates_dir') || isTrue(raw['autocert']);
  if (!hasList && formOf(raw, 'certificate') === undefined && !hasOther)
    issues.push({
      path: [],
      message:
        'there is no certificate to show to clients: give certificate_file and certificate_key_file, certificates, or autocert: true',
    });
  issues.push(...checkPipelining(raw, [], 'raw'));
  if (routes === undefined) return issues;
  issues.push(...checkClientCa(raw, downstream, routes));
  for (const [index, route] of routes.entries())
    issues.push(...checkPipelining(asMap(route), ['routes', index], raw['upstream_client']));
  return issues;
}

function checkAutocert(raw: RawMap): Issue[] {
  const issues = checkForms(raw, [], 'autocert_trusted_ca');
  const [id, key] = ['autocert_eab_key_id', 'autocert_eab_mac_key'];
  for (const [one, other] of [
    [id, key],
    [key, id],
  ] as const)
    if (has(raw, one) && !has(raw, other))
      issues.push({ path: [one], message: `is of no use without ${other}: the CA gives both` });
  const challenges = raw['autocert_challenges'];
  if (Array.isArray(challenges) && challenges.includes('http-01') && !has(raw, 'http_redirect_addr'))
    issues.push({
      path: ['autocert_challenges'],
      message: "http-01 is answered on port 80: give http_redirect_addr, ':80'",
    });
  if (Array.isArray(challenges) && challenges.includes('dns-01') && !has(raw, 'autocert_dns'))
    issues.push({
      path: ['autocert_challenges'],
      message: 'dns-01 needs somebody to put records into DNS: give autocert_dns',
    });
  const onDemand = asMap(raw['autocert_on_demand']);
  if (has(raw, 'autocert_on_demand') && !has(onDemand, 'hosts') && !has(onDemand, 'ask'))
    issues.push({ path: ['autocert_on_demand'], message: 'needs a rule: give hosts, ask, or both' });
  return [...issues, ...checkAutocertDns(asMap(raw['autocert_dns']))];
}

function checkAutocertDns(dns: RawMap): Issue[] {
  const at = ['autocert_dns'];
  const provider = String(dns['provider']);
  const needs = Object.hasOwn(DNS_NEEDS, provider) ? DNS_NEEDS[provider as keyof typeof DNS_NEEDS] : [];
  return [
    ...['cloudflare_api_token', 'rfc2136_key_secret', 'httpreq_password'].flatMap((name) =>
      checkForms(dns, at, name),
    ),
    ...needs
      .filter((name) => formOf(dns, name) === undefined)
      .map((name): Issue => ({ path: [...at, 'provider'], message: `${provider} needs ${name}` })),
  ];
}

function checkHosts(hosts: unknown): Issue[] {
  if (!Array.isArray(hosts)) return [];
  return hosts.flatMap((host, index) => {
    const [mtls, at] = [asMap(asMap(host)['downstream_mtls']), ['hosts', index, 'downstream_mtls']];
    return [...checkForms(mtls, at, 'ca'), ...checkForms(mtls, at, 'crl')];
  });
}

/** Whether a host has a client CA of its own. */
function hasHostCa(raw: RawMap, routes: readonly unknown[]): boolean {
  const hosts = Array.isArray(raw['hosts']) ? raw['hosts'] : [];
  return (
    hosts.some((host) => formOf(asMap(asMap(host)['downstream_mtls']), 'ca') !== undefined) ||
    routes.some((route) => formOf(asMap(route), 'tls_downstream_client_ca') !== undefined)
  );
}

/** What restricts clients restricts nobody where no client is asked for a certificate. */
function checkNeedsCa(downstream: RawMap): Issue[] {
  if (formOf(downstream, 'ca') !== undefined) return [];
  return ['crl', 'crl_file', 'crl_urls', 'ocsp', 'match_subject_alt_names', 'deny']
    .filter((name) => has(downstream, name))
    .map((name) => ({
      path: ['downstream_mtls', name],
      message: 'needs a client CA: give downstream_mtls.ca_file',
    }));
}

const isPublic = (route: unknown): boolean => isTrue(asMap(route)['allow_public_unauthenticated_access']);

/** No CA: only a proxy whose every route is public may start. Closed by default. */
function checkClientCa(raw: RawMap, downstream: RawMap, routes: readonly unknown[]): Issue[] {
  const path: IssuePath = has(raw, 'downstream_mtls') ? ['downstream_mtls'] : [];
  const isRejecting = downstream['enforcement'] === 'reject_connection';
  if (formOf(downstream, 'ca') === undefined) {
    if (hasHostCa(raw, routes)) return [];
    if (isRejecting)
      return [
        {
          path: ['downstream_mtls', 'enforcement'],
          message: 'needs a client CA: give downstream_mtls.ca_file',
        },
      ];
    const closed = has(raw, 'policy')
      ? -1
      : routes.findIndex((route) => !isPublic(route) && !has(asMap(route), 'policy'));
    if (closed === -1 && routes.length > 0) return [];
    const who = closed === -1 ? '' : ` (routes[${closed}] has not)`;
    return [
      {
        path,
        message: `there is no client CA, so nobody could come in: give downstream_mtls.ca_file, or allow_public_unauthenticated_access: true on every route${who}`,
      },
    ];
  }
  if (!isRejecting) return [];
  return routes.flatMap((route, index): Issue[] =>
    isPublic(route)
      ? [
          {
            path: ['routes', index, 'allow_public_unauthenticated_access'],
            message:
              'opens nothing: reject_connection closes connections without a client certificate before any route is known',
            severity: 'warning',
          },
        ]
      : [],
  );
}

/** Only our own client lets requests stand in line. `client`: who speaks to the app where `map` does not say. */
function checkPipelining(map: RawMap, at: IssuePath, client: unknown): Issue[] {
  const isNeedless =
    (map['upstream_client'] ?? client) === 'undici' && Number(map['upstream_pipelining']) > 1;
  return isNeedless
    ? [
        {
          path: [...at, 'upstream_pipelining'],
          message: 'needs upstream_client: raw; undici sends one by one',
        },
      ]
    : [];
}
