// Questions to DNS: where a name leads, and whether every name server of its zone has a record.
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

const MAX_CNAMES = 8;
const QUERY = { timeout: 3000, tries: 2 };

function resolverOf(servers: readonly string[]): Resolver {
  const resolver = new Resolver(QUERY);
  if (servers.length > 0) resolver.setServers(servers);
  return resolver;
}

/** Where the name leads in the end; the name itself where there is no CNAME, or it cannot be told. */
export async function followCnames(name: string, servers: readonly string[]): Promise<string> {
  const resolver = resolverOf(servers);
  let current = name;
  for (let i = 0; i < MAX_CNAMES; i++) {
    const [next] = await resolver.resolveCname(current).catch(() => []);
    if (next === undefined || next === current) return current;
    current = next.replace(/\.$/, '').toLowerCase();
  }
  throw new Error(`${name}: more than ${MAX_CNAMES} CNAMEs in a row`);
}

/**
 * Whether the record is there: at each name server of the zone, where `servers` are those of the system, since any of
 * them may be asked; else at `servers`.
 */
export async function hasRecord(name: string, value: string, servers: readonly string[]): Promise<boolean> {
  const asked = servers.length > 0 ? servers : await nameServersOf(name);
  if (asked.length === 0) return await answers(name, value, []);
  const found = await Promise.all(asked.map(async (server) => await answers(name, value, [server])));
  return found.every((one) => one);
}

async function answers(name: string, value: string, servers: readonly string[]): Promise<boolean> {
  const records = await resolverOf(servers)
    .resolveTxt(name)
    .catch(() => []);
  return records.some((parts) => parts.join('') === value);
}

/** Addresses of the servers of the zone that the name is in; empty where it cannot be told. */
async function nameServersOf(name: string): Promise<string[]> {
  const resolver = resolverOf([]);
  for (let zone = name; zone.includes('.'); zone = zone.slice(zone.indexOf('.') + 1)) {
    const names = await resolver.resolveNs(zone).catch(() => []);
    if (names.length === 0) continue;
    const addresses = await Promise.all(
      names.map(async (server) => await resolver.resolve4(server).catch(() => [])),
    );
    return addresses.flat().filter((address) => isIP(address) !== 0);
  }
  return [];
}
