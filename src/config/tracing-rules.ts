// Rules between the settings about traces.
import type { Issue, IssuePath } from '../core/issue.ts';
import { isLoopback } from './listen-address.ts';
import { type RawMap, asMap, checkPair, has } from './rules.ts';

/** `routes` as written. */
export function checkTracing(raw: RawMap, routes: readonly unknown[]): Issue[] {
  if (!has(raw, 'otel_traces_exporter'))
    return Object.keys(raw)
      .filter((key) => key.startsWith('otel_') && has(raw, key))
      .map((key) => ({
        path: [key],
        message: 'has no effect without otel_traces_exporter: otlp',
        severity: 'warning',
      }));
  if (raw['otel_traces_exporter'] !== 'otlp') return [];
  return [
    ...checkPair(raw, [], 'otel_exporter_otlp_client_certificate', 'otel_exporter_otlp_client_key'),
    ...checkEndpoint(raw),
    ...checkSetHeaders(raw, []),
    ...routes.flatMap((route, index) => checkSetHeaders(asMap(route), ['routes', index])),
  ];
}

/** An app that is told of two traces believes in none. */
function checkSetHeaders(map: RawMap, at: IssuePath): Issue[] {
  return Object.keys(asMap(map['set_request_headers']))
    .filter((name) => /^trace(?:parent|state)$/i.test(name))
    .map((name) => ({
      path: [...at, 'set_request_headers', name],
      message: 'is said by the proxy where traces are exported: remove it',
    }));
}

/** Traces tell who asked for what, and headers are often a password. */
function checkEndpoint(raw: RawMap): Issue[] {
  const name = has(raw, 'otel_exporter_otlp_traces_endpoint')
    ? 'otel_exporter_otlp_traces_endpoint'
    : 'otel_exporter_otlp_endpoint';
  const url = URL.parse(String(raw[name]));
  if (url?.protocol !== 'http:' || isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'))) return [];
  if (has(raw, 'otel_exporter_otlp_headers'))
    return [{ path: [name], message: 'would send otel_exporter_otlp_headers in clear text: write https://' }];
  return [
    {
      path: [name],
      message: 'sends traces in clear text, to whoever is there: write https://',
      severity: 'warning',
    },
  ];
}
