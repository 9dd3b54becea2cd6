// What a reload cannot change.
import { changedSettings } from '../config/changed-settings.ts';
import type { Build } from './build.ts';

/** Settings that are read once, at the start. */
const FIXED: ReadonlySet<string> = new Set([
  'address',
  'admin_address',
  'http_redirect_addr',
  'reuse_port',
  'workers',
  'access_log',
  'log_level',
  'otel_traces_exporter',
  'otel_exporter_otlp_endpoint',
  'otel_exporter_otlp_traces_endpoint',
  'otel_exporter_otlp_headers',
  'otel_service_name',
  'otel_resource_attributes',
]);

/** A sentence for each that differs. */
export function waitForRestart(before: Build['settings'], after: Build['settings']): string[] {
  const changed = changedSettings(before, after).filter((name) => FIXED.has(name));
  return changed.map((name) => `${name}: the change waits for a restart`);
}
