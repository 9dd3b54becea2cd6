// Variables of the environment that OpenTelemetry has named: the settings in capitals. Its paths do not end in `_FILE`.
import path from 'node:path';
import type { Environment } from './env.ts';

const KEYS = [
  'otel_traces_exporter',
  'otel_exporter_otlp_endpoint',
  'otel_exporter_otlp_traces_endpoint',
  'otel_exporter_otlp_protocol',
  'otel_exporter_otlp_headers',
  'otel_exporter_otlp_certificate_file',
  'otel_exporter_otlp_client_certificate_file',
  'otel_exporter_otlp_client_key_file',
  'otel_traces_sampler_arg',
  'otel_service_name',
  'otel_resource_attributes',
] as const;

export const TRACING_VARIABLES = KEYS.map((key) => ({
  key,
  variable: key.replace(/_file$/, '').toUpperCase(),
  isPath: key.endsWith('_file'),
}));

/**
 * A copy with those that are set put over it. Where traces are not exported only OTEL_TRACES_EXPORTER is looked at: the
 * others are often there for the programs beside, and their mistakes must not stop this one.
 */
export function overrideTracing(
  settings: Readonly<Record<string, unknown>>,
  env: Environment,
): Record<string, unknown> {
  const result = { ...settings };
  for (const { key, variable, isPath } of TRACING_VARIABLES) {
    const value = env[variable] ?? '';
    if (value !== '') result[key] = isPath ? path.resolve(value) : value;
    if (result['otel_traces_exporter'] !== 'otlp') break;
  }
  return result;
}
