// The gauges of what goes on right now. What they show is looked at once a scrape.
import { Gauge, type Registry } from 'prom-client';

/** An address of an app. */
interface UpstreamFigures {
  readonly name: string;
  /** Null: nobody looks. */
  readonly isReady: boolean | null;
  readonly open: number;
  readonly inFlight: number;
  readonly waiting: number;
}

export interface LiveFigures {
  readonly upstreams: readonly UpstreamFigures[];
  readonly requests: readonly { readonly route: string; readonly inFlight: number }[];
  /** Of those who are connected. `notAfter`: milliseconds since the epoch. */
  readonly clients: readonly {
    readonly subject: string;
    readonly sha256: string;
    readonly notAfter: number;
  }[];
  /** Of the memory that may be used. */
  readonly memoryShare: number;
}

/** Certificates of clients that are shown, those that end first: every client would be a time series else. */
const MAX_CLIENTS = 100;

/** `look`: undefined where this process serves nobody itself. */
export function addLiveGauges(registry: Registry, look: () => LiveFigures | undefined): void {
  const gauges = makeGauges(() => {
    const figures = look();
    for (const one of Object.values(gauges)) one.reset();
    if (figures !== undefined) show(gauges, figures);
  });
  for (const one of Object.values(gauges)) registry.registerMetric(one);
}

type Gauges = ReturnType<typeof makeGauges>;

function gauge<Label extends string>(
  name: string,
  help: string,
  more: { labelNames?: Label[]; aggregator?: 'sum' | 'min' | 'max' | 'first'; collect?: () => void } = {},
): Gauge<Label> {
  return new Gauge({ name: `sallyport_${name}`, help, aggregator: 'sum', registers: [], ...more });
}

/** The first one is asked first, and fills them all. */
function makeGauges(collect: () => void) {
  const upstream = ['upstream' as const];
  return {
    healthy: gauge('upstream_healthy', '0 while an address of an app is left out.', {
      labelNames: upstream,
      aggregator: 'min',
      collect,
    }),
    connections: gauge('upstream_connections', 'Connections to an app that are open.', {
      labelNames: upstream,
    }),
    inFlight: gauge('upstream_requests_in_flight', 'Requests that an app has not answered whole.', {
      labelNames: upstream,
    }),
    pending: gauge('upstream_requests_pending', 'Requests that wait for a connection to an app.', {
      labelNames: upstream,
    }),
    requests: gauge('requests_in_flight', 'Requests and tunnels under way to an app, by route.', {
      labelNames: ['route'],
    }),
    memory: gauge('memory_share', 'Of the memory that may be used (max_memory); from 0.9 on load is shed.', {
      aggregator: 'max',
    }),
    client: gauge(
      'client_not_after_timestamp_seconds',
      `When the certificate of a client that is connected ends; of the ${MAX_CLIENTS} that end first.`,
      { labelNames: ['subject', 'sha256'], aggregator: 'first' },
    ),
  };
}

function show(gauges: Gauges, { upstreams, requests, clients, memoryShare }: LiveFigures): void {
  for (const { name, isReady, open, inFlight, waiting } of upstreams) {
    const labels = { upstream: name };
    if (isReady !== null) gauges.healthy.set(labels, Number(isReady));
    gauges.connections.set(labels, open);
    gauges.inFlight.set(labels, inFlight);
    gauges.pending.set(labels, waiting);
  }
  for (const { route, inFlight } of requests) gauges.requests.set({ route }, inFlight);
  gauges.memory.set(memoryShare);
  const soonest = clients.toSorted((one, other) => one.notAfter - other.notAfter).slice(0, MAX_CLIENTS);
  for (const { subject, sha256, notAfter } of soonest)
    gauges.client.set({ subject, sha256 }, notAfter / 1000);
}
