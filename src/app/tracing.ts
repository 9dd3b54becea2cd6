// Traces, put together: what begins them and what sends them.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../core/clock.ts';
import { type Observer, bothObservers } from '../core/observer.ts';
import type { Origin } from '../observe/otlp-message.ts';
import { Tracer } from '../pipeline/tracer.ts';
import type { Build } from './build.ts';
import { packageVersion } from './package-version.ts';

/** How long the last spans may take to reach the collector, once nothing is in flight. */
const FLUSH_MS = 3000;

export interface Tracing {
  readonly tracer: Tracer;
  /** The one that was given, and what exports. */
  readonly observer: Observer;
  /** Sends what is left. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** `build`: in force now. Undefined where nothing is exported: then nothing of it is loaded. */
export async function startTracing(
  build: () => Build,
  observer: Observer,
  clock: Clock,
): Promise<Tracing | undefined> {
  const { settings, collector } = build();
  if (collector === undefined) return undefined;
  const { SpanExporter } = await import('../observe/span-exporter.ts');
  const exporter = new SpanExporter({
    url: urlOf(settings),
    headers: { 'user-agent': `sallyport/${packageVersion()}`, ...settings.otel_exporter_otlp_headers },
    // A reload may renew them; that nothing is to be exported any more waits for a restart.
    credentials: () => build().collector ?? collector,
    origin: originOf(settings),
    onLost: (detail, cause) => observer.warning({ time: clock.now(), code: 'spans_lost', detail, cause }),
  });
  return {
    tracer: new Tracer(() => build().settings.otel_traces_sampler_arg),
    observer: bothObservers(observer, exporter.observer),
    drain: async () => await exporter.close(FLUSH_MS),
    close: async () => await exporter.close(0),
  };
}

function urlOf(settings: Build['settings']): URL {
  const { otel_exporter_otlp_traces_endpoint: whole, otel_exporter_otlp_endpoint: base } = settings;
  return new URL(whole ?? `${base.replace(/\/$/, '')}/v1/traces`);
}

function originOf(settings: Build['settings']): Origin {
  const version = packageVersion();
  const { otel_service_name: serviceName, otel_resource_attributes: attributes } = settings;
  const resource = {
    'service.name': 'sallyport',
    'service.version': version,
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
    'process.pid': process.pid,
    ...attributes,
    ...(serviceName !== undefined && { 'service.name': serviceName }),
  };
  return { resource: Object.entries(resource), scope: { name: 'sallyport', version } };
}
