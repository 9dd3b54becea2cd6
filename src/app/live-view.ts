// Who is connected, how the apps are and what happened lately: of one process, and of several as one.
import { type ActivityView, mergeActivity } from '../observe/activity.ts';
import type { ClientView } from '../edge/live-index.ts';
import type { RouteRequests } from '../pipeline/under-way.ts';
import type { UpstreamView } from '../upstream/registry.ts';

/** In one process. */
export interface LiveNow {
  readonly clients: readonly ClientView[];
  readonly upstreams: readonly UpstreamView[];
  readonly requests: readonly RouteRequests[];
  /** Of the memory that one process may use. */
  readonly memoryShare: number;
}

export interface LiveView extends LiveNow {
  readonly activity: ActivityView;
}

/** Those with most connections are shown. */
const MAX_CLIENTS = 100;

export function mergeLive(views: readonly LiveView[]): LiveView {
  const clients = new Map<string, ClientView>();
  const upstreams = new Map<string, UpstreamView>();
  const requests = new Map<string, number>();
  for (const view of views) {
    for (const one of view.clients) {
      const connections = one.connections + (clients.get(one.sha256)?.connections ?? 0);
      clients.set(one.sha256, { ...one, connections });
    }
    for (const { route, inFlight } of view.requests)
      requests.set(route, inFlight + (requests.get(route) ?? 0));
    for (const one of view.upstreams) upstreams.set(one.name, bothUpstreams(upstreams.get(one.name), one));
  }
  return {
    clients: [...clients.values()]
      .toSorted((one, other) => other.connections - one.connections)
      .slice(0, MAX_CLIENTS),
    upstreams: [...upstreams.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    requests: Array.from(requests, ([route, inFlight]) => ({ route, inFlight })),
    memoryShare: Math.max(0, ...views.map(({ memoryShare }) => memoryShare)),
    activity: mergeActivity(views.map(({ activity }) => activity)),
  };
}

/** Well where all say so. */
function bothUpstreams(one: UpstreamView | undefined, other: UpstreamView): UpstreamView {
  if (one === undefined) return other;
  const isReady = one.isReady === null ? other.isReady : one.isReady && other.isReady !== false;
  return {
    name: one.name,
    open: one.open + other.open,
    inFlight: one.inFlight + other.inFlight,
    waiting: one.waiting + other.waiting,
    isReady,
  };
}
