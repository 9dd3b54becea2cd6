// Settings of a route about its app, which several rules speak of.

/** Whom TLS to it must prove, and what it is shown; the key goes with its certificate. */
export const APP_TLS = [
  'tls_client_cert_file',
  'tls_client_cert',
  'tls_custom_ca_file',
  'tls_custom_ca',
  'tls_upstream_server_name',
  'tls_upstream_spki_pins',
  'tls_upstream_san',
];

/** Which of its instances there are, and which is next. */
export const INSTANCES = [
  'load_balancing_policy',
  'hash_key',
  'health_checks',
  'outlier_detection',
  'healthy_panic_threshold',
  'slow_start',
  'circuit_breaker_thresholds',
  'dns_type',
  'dns_lookup_family',
  'dns_resolvers',
  'dns_refresh_rate',
  'dns_failure_refresh_rate',
];
