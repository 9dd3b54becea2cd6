// Who is connected, how the apps are and what happened lately: of one process, and of several as one.
import { type ActivityView, mergeActivity } from '../observe/activity.ts';
import type { ClientView } from '../edge/live-index.ts';
import type { UpstreamView } from '../upstream/registry.ts';

export interface LiveView {
  readonly clients: readonly ClientView[];
  readonly upstreams: readonly UpstreamView[];
  readonly activity: ActivityView;
}

/** Those with most connections are shown. */
const MAX_CLIENTS = 100;

export function mergeLive(views: readonly LiveView[]): LiveView {
  const clients = new Map<string, ClientView>();
  const upstreams = new Map<string, UpstreamView>();
  for (const view of views) {
    for (const one of view.clients) {
      const connections = one.connections + (clients.get(one.sha256)?.connections ?? 0);
      clients.set(one.sha256, { ...one, connections });
    }
    for (const one of view.upstreams) upstreams.set(one.name, bothUpstreams(upstreams.get(one.name), one));
  }
  return {
    clients: [...clients.values()]
      .toSorted((one, other) => other.connections - one.connections)
      .slice(0, MAX_CLIENTS),
    upstreams: [...upstreams.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1)),
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
