// `npm run bench:route`: what finding the route of a request costs, for 1, 1,000 and 100,000 hosts: of a host that its
// connection has not asked for before, and of one that it has. The first may grow with the number of hosts by what memory
// costs, since 100,000 hosts do not fit the processor's caches; the second may not.
import { type Hostname, normalizeHostname } from '../src/core/hostname.ts';
import type { Connection } from '../src/exchange/connection.ts';
import { askedHost } from '../src/pipeline/asked-host.ts';
import type { RouteParts, Served } from '../src/pipeline/served-route.ts';
import { type RequestPath, parsePath } from '../src/route/path.ts';
import { RouteTableBuilder, matchAmong } from '../src/route/table.ts';

const ROUNDS = 5;
const LOOKUPS = 200_000;
const GROUP = 'default';

function measure(count: number) {
  const started = performance.now();
  const builder = new RouteTableBuilder<RouteParts>();
  let longestMs = 0;
  for (let i = 0; i < count; i++) {
    const before = performance.now();
    const host = i % 10 === 9 ? `*.h${i}.example.com` : `h${i}.example.com`;
    builder.add({ from: `https://${host}`, prefix: '/app', to: 'https://app.internal' }, i, {} as RouteParts);
    longestMs = Math.max(longestMs, performance.now() - before);
  }
  const table = builder.finish();
  const loadMs = performance.now() - started;

  // Strings of their own, as they come from the wire: never the very ones in the table.
  const hosts = Array.from({ length: 1024 }, (_, i) => {
    const index = Math.floor((i * count) / 1024);
    return hostname(index % 10 === 9 ? `a.b.h${index}.example.com` : `h${index}.example.com`);
  });
  const served = {
    routes: table,
    policyVersion: 1,
    groupOf: () => GROUP,
  } as Partial<Served> as Served;
  const connections = hosts.map(() => ({ group: GROUP }) as Connection);
  return {
    hosts: count,
    'load ms': round(loadMs),
    'longest add ms': round(longestMs),
    'ns, new host': nsOf((i) => table.match(at(hosts, i), plainPath())),
    'ns, host asked for before': nsOf((i) =>
      matchAmong(askedHost(at(hosts, i), at(connections, i), served)?.routes, plainPath()),
    ),
  };
}

/** The best of some rounds. */
function nsOf(match: (i: number) => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    for (let i = 0; i < LOOKUPS; i++) if (typeof match(i) === 'string') throw new Error('no route');
    best = Math.min(best, ((performance.now() - before) * 1e6) / LOOKUPS);
  }
  return round(best);
}

function plainPath(): RequestPath {
  const path = parsePath('/app/some/page.html?query=1');
  if (typeof path === 'string') throw new Error(path);
  return path;
}

function at<T>(values: readonly T[], i: number): T {
  const value = values[i % values.length];
  if (value === undefined) throw new Error('none');
  return value;
}

function hostname(text: string): Hostname {
  const host = normalizeHostname(Buffer.from(text).toString('latin1'));
  if (host === undefined) throw new Error(`not a host: ${text}`);
  return host;
}

const round = (value: number): number => Math.round(value * 10) / 10;

measure(1);
console.table([1, 1000, 100_000].map(measure));
