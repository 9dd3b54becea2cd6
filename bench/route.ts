// What finding the route of a request costs, for 1, 1,000 and 100,000 hosts: `node bench/route.ts`. The time must not grow
// with the number of hosts but for what memory costs: 100,000 hosts do not fit the processor's caches.
import { type Hostname, normalizeHostname } from '../src/core/hostname.ts';
import { parsePath } from '../src/route/path.ts';
import { RouteTableBuilder } from '../src/route/table.ts';

const ROUNDS = 5;
const LOOKUPS = 200_000;

function measure(count: number) {
  const started = performance.now();
  const builder = new RouteTableBuilder();
  let longestMs = 0;
  for (let i = 0; i < count; i++) {
    const before = performance.now();
    const host = i % 10 === 9 ? `*.h${i}.example.com` : `h${i}.example.com`;
    builder.add({ from: `https://${host}`, prefix: '/app', to: 'https://app.internal' }, i, undefined);
    longestMs = Math.max(longestMs, performance.now() - before);
  }
  const table = builder.finish();
  const loadMs = performance.now() - started;

  // Strings of their own, as they come from the wire: never the very ones in the table.
  const hosts = Array.from({ length: 1024 }, (_, i) => {
    const index = Math.floor((i * count) / 1024);
    return hostname(index % 10 === 9 ? `a.b.h${index}.example.com` : `h${index}.example.com`);
  });
  let bestNs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    for (let i = 0; i < LOOKUPS; i++) {
      const request = parsePath('/app/some/page.html?query=1');
      const host = hosts[i & 1023];
      if (typeof request === 'string' || host === undefined) throw new Error('unexpected');
      if (typeof table.match(host, request) === 'string') throw new Error(`no route for ${host}`);
    }
    bestNs = Math.min(bestNs, ((performance.now() - before) * 1e6) / LOOKUPS);
  }
  return {
    hosts: count,
    'load ms': round(loadMs),
    'longest add ms': round(longestMs),
    'ns per match': round(bestNs),
  };
}

function hostname(text: string): Hostname {
  const host = normalizeHostname(Buffer.from(text).toString('latin1'));
  if (host === undefined) throw new Error(`not a host: ${text}`);
  return host;
}

const round = (value: number): number => Math.round(value * 10) / 10;

measure(1);
console.table([1, 1000, 100_000].map(measure));
