// Settings of Pomerium that are not settings here, so that a file made for it mostly works. What neither grants nor
// restricts access is `ignored` with a warning; whatever does is an error that says what to write instead, because
// starting without it would be another proxy than the one asked for. `docs/from-pomerium.md` is this table in prose.

export type PomeriumScope = 'global' | 'downstream_mtls' | 'route';

export interface PomeriumKey {
  /** A trailing `*` stands for any rest. */
  readonly key: string;
  readonly kind: 'ignored' | 'error';
  /** Why, and what to do; completes "'key' is a setting of Pomerium that …". */
  readonly text: string;
}

const ignored = (text: string, ...keys: string[]): PomeriumKey[] =>
  keys.map((key) => ({ key, kind: 'ignored', text }));
const error = (text: string, ...keys: string[]): PomeriumKey[] =>
  keys.map((key) => ({ key, kind: 'error', text }));

const NO_LOGIN = 'has no use here: identity comes from client certificates, nobody logs in';
const LATER_RESTRICTS = 'is not implemented yet: it restricts access, so it cannot be ignored';
const NO_PROTOCOL = 'has no use here: only HTTP over TLS is served';
const NO_SERVICES = 'has no use here: there is one process and no other services';
const POLICY =
  'is about people who log in, and nobody logs in here: write policy, with criteria such as client_certificate or certificate_group';
const NOT_SKIPPED =
  'is not offered: an app that is not verified can be anybody; write tls_custom_ca_file with its CA, or tls_upstream_server_name with the name in its certificate';
const TERMINATES = 'is not offered: a client certificate needs TLS that ends here';

export const POMERIUM_KEYS: Readonly<Record<PomeriumScope, readonly PomeriumKey[]>> = {
  global: [
    ...ignored(NO_LOGIN, 'idp_*', 'cookie_*', 'authenticate_*', 'scopes', 'request_params'),
    ...ignored(NO_LOGIN, 'shared_secret', 'shared_secret_file'),
    ...ignored(NO_LOGIN, 'signing_key_algorithm', 'programmatic_redirect_domain_whitelist', 'session_*'),
    ...ignored(NO_LOGIN, 'jwt_*', 'branding_*', 'logo_url', 'mcp_*', 'bearer_token_format'),
    ...ignored(NO_SERVICES, 'services', 'authorize_*', 'databroker_*', 'grpc_*', 'override_certificate_name'),
    ...ignored(NO_SERVICES, 'pomerium_*', 'installation_id', 'runtime_flags', 'envoy_*', 'insecure_mode'),
    ...ignored('has no use here: see dns_resolvers', 'dns_udp_max_queries', 'dns_use_tcp'),
    ...ignored(NO_PROTOCOL, 'ssh_*'),
    ...ignored('has no use here: the file is always watched', 'config_hot_reload'),
    ...ignored(
      'has no use here: see header_timeout and min_request_body_rate',
      'timeout_read',
      'timeout_write',
    ),
    ...ignored(
      'has no use here: see access_log',
      'access_log_fields',
      'authorize_log_fields',
      'proxy_log_level',
    ),
    ...ignored(
      'has no use here: metrics and health checks are at admin_address',
      'metrics_*',
      'debug_address',
      'health_check_*',
    ),
    ...ignored('stands on routes here, and max_upstream_connections for all', 'circuit_breaker_thresholds'),
    ...ignored('has no use here: what trusted_proxies say is passed on, nothing else is', 'skip_xff_append'),
    ...ignored(
      'is the old way: write otel_traces_exporter: otlp and otel_exporter_otlp_endpoint',
      'tracing_*',
    ),
    ...ignored(
      'has no use here: only traces are sent, write otel_exporter_otlp_protocol and otel_exporter_otlp_headers',
      'otel_exporter_otlp_traces_protocol',
      'otel_exporter_otlp_traces_headers',
    ),
    ...ignored(
      'has no use here: see docs/tracing.md for what is sent, and when',
      'otel_exporter_otlp_timeout',
      'otel_exporter_otlp_traces_timeout',
      'otel_bsp_*',
      'otel_log_level',
      'otel_attribute_value_length_limit',
    ),
    ...error('is not implemented yet: write certificate_file and certificate_key_file', 'tls_derive'),
    ...error(TERMINATES, 'insecure_server'),
    ...error("is the old name of 'routes': write routes", 'policies'),
    ...error('is the old name: write downstream_mtls.ca_file', 'client_ca', 'client_ca_file'),
    ...error('is the old name: write downstream_mtls.crl_file', 'client_crl', 'client_crl_file'),
    ...error("is the old name: write address, such as ':443'", 'port'),
  ],
  downstream_mtls: [],
  route: [
    ...error(POLICY, 'allowed_users', 'allowed_domains', 'allowed_groups', 'allowed_idp_claims'),
    ...error(POLICY, 'allow_any_authenticated_user'),
    ...error(
      'goes into policy: write policy: [{allow: …}, {deny: …}]',
      'ppl',
      'allow',
      'deny',
      'sub_policies',
    ),
    ...error(NOT_SKIPPED, 'tls_skip_verify'),
    ...error('is the old name: write tls_upstream_server_name', 'tls_server_name'),
    ...error('is not offered: write another route for that host', 'tls_downstream_server_name'),
    ...error('is not offered: TLS renegotiation is never accepted', 'tls_upstream_allow_renegotiation'),
    ...error(
      'is not implemented yet: write host_rewrite or host_rewrite_header',
      'host_path_regex_rewrite_*',
    ),
    ...error('is not implemented yet: one credential holds for an app', 'kubernetes_service_account_token*'),
    ...error(
      LATER_RESTRICTS,
      'enable_google_cloud_serverless_authentication',
      'idp_access_token_allowed_audiences',
    ),
    ...ignored(NO_LOGIN, 'jwt_*', 'idp_client_id', 'idp_client_secret', 'mcp'),
    ...ignored(NO_LOGIN, 'bearer_token_format', 'logo_url', 'depends_on', 'id'),
    ...ignored('has no use here: a port in from takes no part in matching', 'match_any_incoming_port'),
    ...ignored('has no use here: routes are taken in file order', 'regex_priority_order'),
    ...ignored('has no use here: paths are always normalised', 'normalize_path'),
    ...ignored('has no use here: see unsafe_allow_encoded', 'path_with_escaped_slashes_action'),
    ...ignored('is not implemented yet: slashes are kept as they are', 'merge_slashes'),
    ...ignored('has no use here: see load_balancing_policy and hash_key', 'lb_config'),
  ],
};

/** The entry for a key of a user's file, if Pomerium has that key there. */
export function findPomeriumKey(scope: PomeriumScope, key: string): PomeriumKey | undefined {
  return POMERIUM_KEYS[scope].find((entry) =>
    entry.key.endsWith('*') ? key.startsWith(entry.key.slice(0, -1)) : entry.key === key,
  );
}
