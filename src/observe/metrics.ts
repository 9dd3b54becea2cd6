// The Observer that counts: what Prometheus gets to see. Names follow its conventions, with units in them.
import { AggregatorRegistry, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Observer } from '../core/observer.ts';
import { Durations } from './durations.ts';
import { isTunnel } from './is-tunnel.ts';
import { type LiveFigures, addLiveGauges } from './live-gauges.ts';
import { Tally } from './tally.ts';

/** Something that ends. */
export interface Ending {
  readonly use: string;
  readonly name: string;
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly ends: number;
}

/** What is looked at when a scrape comes. */
export interface MetricsViews {
  readonly version: string;
  readonly connections: () => number;
  /** Certificates and revocation lists in play. */
  readonly endings: () => readonly Ending[];
  /** Of this process; undefined: it serves nobody itself. */
  readonly live: () => LiveFigures | undefined;
}

export interface Metrics {
  readonly observer: Observer;
  readonly contentType: string;
  /** In the text format of Prometheus; together with what other processes have counted. */
  text(others?: readonly MetricValues[]): Promise<string>;
  /** For the `text` of another process; plain data. */
  values(): Promise<MetricValues>;
}

/** What one process has counted. */
export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

export function createMetrics(views: MetricsViews): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addGauges(registry, views);
  addLiveGauges(registry, views.live);
  return {
    observer: countingObserver(registry),
    contentType: registry.contentType,
    text: async (others = []) => {
      if (others.length === 0) return await registry.metrics();
      return await AggregatorRegistry.aggregate([await registry.getMetricsAsJSON(), ...others]).metrics();
    },
    values: async () => await registry.getMetricsAsJSON(),
  };
}

function addGauges(registry: Registry, { version, connections, endings }: MetricsViews): void {
  const registers: Registry[] = [];
  const info = new Gauge({
    name: 'sallyport_build_info',
    help: 'Always 1; what runs is in the labels.',
    labelNames: ['version', 'node'],
    aggregator: 'first',
    registers,
  });
  info.set({ version, node: process.version }, 1);
  registry.registerMetric(info);
  registry.registerMetric(
    new Gauge({
      name: 'sallyport_connections',
      help: 'Connections of clients that are open, handshakes under way included.',
      registers,
      collect() {
        this.set(connections());
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'sallyport_not_after_timestamp_seconds',
      help: 'When a certificate ends, or a revocation list is due (use="crl").',
      labelNames: ['use', 'name', 'serial'],
      aggregator: 'first',
      registers,
      collect() {
        this.reset();
        for (const { use, name, serial, ends } of endings()) this.set({ use, name, serial }, ends / 1000);
      },
    }),
  );
}

function countingObserver(register: Registry): Observer {
  const tally = <Label extends string>(
    name: string,
    help: string,
    ...labels: readonly Label[]
  ): Tally<Label> => new Tally(register, `sallyport_${name}`, help, labels);
  const requests = tally(
    'requests_total',
    'Requests by what they were answered with.',
    'route',
    'status',
    'error',
  );
  const refusals = tally('refusals_total', 'Requests refused by certificate or policy.', 'error', 'reason');
  const bytesIn = tally('request_bytes_total', 'Bytes of request bodies and tunnels.');
  const bytesOut = tally('response_bytes_total', 'Bytes of response bodies and tunnels.');
  const audited = tally(
    'would_deny_total',
    'Requests let through by a policy that is only watched.',
    'route',
  );
  const handshakes = tally(
    'handshakes_total',
    'TLS handshakes that came to their end.',
    'tls_version',
    'resumed',
    'client_certificate',
  );
  const failures = tally('handshake_failures_total', 'Handshakes that failed.', 'phase', 'reason');
  const refused = tally('connections_refused_total', 'Connections closed at accept.', 'limit');
  const revocations = tally(
    'revocations_total',
    'Connections whose access was taken back.',
    'cause',
    'reason',
    'state',
  );
  const passed = tally(
    'passthrough_connections_total',
    'Connections that TLS passed through.',
    'route',
    'error',
  );
  const enrolments = tally(
    'enrolments_total',
    'Client certificates that were asked for; reason="" for those given.',
    'by',
    'reason',
  );
  const reloads = tally('config_reloads_total', 'Reloads.', 'result', 'trigger');
  const warnings = tally('warnings_total', 'Warnings in the log.', 'code');
  const registers = [register];
  const durations = new Durations(
    register,
    'sallyport_request_duration_seconds',
    'From the first byte of a request to the end of its answer; tunnels are left out.',
    'route',
  );
  const lastReload = new Gauge({
    name: 'sallyport_config_last_reload_successful',
    help: '1 when what is on disk is what runs.',
    aggregator: 'min',
    registers,
  });
  lastReload.set(1);
  return {
    exchange(record) {
      const { status, error = '', reason, wouldDeny, route = '', bytesIn: read, bytesOut: sent } = record;
      requests.add(1, route, String(status), error);
      if (!isTunnel(record)) durations.observe(route, record.totalMs / 1000);
      if (read > 0) bytesIn.add(read, '');
      if (sent > 0) bytesOut.add(sent, '');
      if (reason !== undefined) refusals.add(1, error, reason);
      if (wouldDeny !== undefined) audited.add(1, route);
    },
    handshake: ({ tlsVersion, isResumed, certificate }) =>
      handshakes.add(1, tlsVersion, String(isResumed), certificate),
    handshakeFailure: ({ phase, reason }) => failures.add(1, phase, reason),
    connectionRefused: ({ cap }) => refused.add(1, cap),
    revocation: ({ cause, reason, state }) => revocations.add(1, cause, reason, state),
    passthrough: ({ route, error = '' }) => passed.add(1, route, error),
    enrolment: ({ by, reason = '' }) => enrolments.add(1, by, reason),
    reload({ result, trigger }) {
      reloads.add(1, result, trigger);
      lastReload.set(result === 'refused' ? 0 : 1);
    },
    lifecycle: () => {},
    warning: ({ code }) => warnings.add(1, code),
  };
}
