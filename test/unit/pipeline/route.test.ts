import { HostMap } from '../../../src/core/host-map.ts';
import t from 'tap';
import type { Hostname } from '../../../src/core/hostname.ts';
import type { Connection } from '../../../src/exchange/connection.ts';
import type { Exchange } from '../../../src/exchange/exchange.ts';
import { Life, type Vouched } from '../../../src/pipeline/life.ts';
import { route } from '../../../src/pipeline/phases.ts';
import { Refusal } from '../../../src/pipeline/refusal.ts';
import type { RouteParts } from '../../../src/pipeline/served-route.ts';
import { RouteTableBuilder } from '../../../src/route/table.ts';

/** Two hosts, each under a TLS policy of its own. */
function makeTable() {
  const builder = new RouteTableBuilder<RouteParts>();
  for (const [index, group] of ['default', 'strict'].entries())
    builder.add({ from: `https://${group}.test`, response: { status: 204 } }, index, {} as RouteParts);
  return builder.finish();
}

const routes = makeTable();

const groupOf = (host: Hostname): string => (host === 'strict.test' ? 'strict' : 'default');

const connectionOf = (group: string): Connection => ({ group, sni: `${group}.test` }) as Connection;

/** What the phase makes of a request for `authority` on a connection of a TLS group. */
const ask = (authority: string, group: string, method = 'GET', target = '/') =>
  askOn(connectionOf(group), { authority, method, target });

function askOn(
  connection: Connection,
  { authority, method = 'GET', target = '/' }: { authority: string; method?: string; target?: string },
  { table = routes, policyVersion = 1 } = {},
) {
  const request = { method, authority, target };
  const exchange = { request, connection } as Exchange;
  const refusals = {
    showsDetails: false,
    status: 'standard',
    enrolUrl: undefined,
    template: undefined,
  } as const;
  const passthrough = new HostMap<never>();
  const served = {
    routes: table,
    passthrough,
    groupOf,
    refusals,
    trustedProxies: undefined,
    jwks: undefined,
    policyVersion,
    hsts: () => undefined,
  };
  return route(new Life(exchange, served, 'id', 0) as unknown as Vouched);
}

const codeOf = (result: unknown): string | undefined => (result instanceof Refusal ? result.code : undefined);

t.test('a host of the group that made the handshake is served', async (t) => {
  for (const group of ['default', 'strict'])
    t.match(ask(`${group}.test`, group), { host: `${group}.test`, route: { action: { kind: 'response' } } });
});

t.test('a host under another TLS policy is misdirected, in every spelling', async (t) => {
  for (const authority of ['strict.test', 'STRICT.test', 'strict.test.', 'strict.test:443'])
    t.equal(codeOf(ask(authority, 'default')), 'misdirected', authority);
  t.equal(
    codeOf(ask('default.test', 'strict')),
    'misdirected',
    'nor does the stricter group reach the other',
  );
});

t.test('a host that there is not belongs to the default, and is unknown there', async (t) => {
  t.equal(codeOf(ask('unheard-of.test', 'default')), 'unknown_host');
  t.equal(codeOf(ask('unheard-of.test', 'strict')), 'misdirected', 'no other group learns what there is');
});

t.test('a host that is none is refused before any route is looked for', async (t) => {
  for (const authority of ['', 'a b', 'strict.test:99999', 'user@strict.test'])
    t.equal(codeOf(ask(authority, 'strict')), 'bad_host', authority);
});

t.test('what a connection asked for before never answers for something else', async (t) => {
  const connection = connectionOf('default');
  const port = (authority: string) => {
    const result = askOn(connection, { authority });
    return result instanceof Refusal ? result.code : [result.host, result.port];
  };
  for (const round of ['first', 'again']) {
    t.strictSame(port('default.test'), ['default.test', undefined], round);
    t.strictSame(port('default.test'), ['default.test', undefined], 'remembered');
    t.strictSame(port('default.test:8443'), ['default.test', 8443], 'another port');
    t.strictSame(port('strict.test'), 'misdirected', 'another host');
    t.strictSame(port('strict.test'), 'misdirected', 'remembered');
    t.strictSame(port('a b'), 'bad_host');
  }
});

t.test('a new configuration is seen by connections that asked before', async (t) => {
  const connection = connectionOf('default');
  const authority = 'default.test';
  const builder = new RouteTableBuilder<RouteParts>();
  builder.add({ from: 'https://other.test', response: { status: 204 } }, 0, {} as RouteParts);
  t.match(askOn(connection, { authority }), { host: authority });
  const table = builder.finish();
  t.equal(codeOf(askOn(connection, { authority }, { table, policyVersion: 2 })), 'unknown_host');
  t.match(askOn(connection, { authority }, { policyVersion: 3 }), { host: authority });
});
