// An endpoint on a pool of its own, as a test wants it, closed at the end of the test.
import tls from 'node:tls';
import { createConnector } from '../../src/upstream/connector.ts';
import { H2Pool } from '../../src/upstream/h2-pool.ts';
import { UndiciPool } from '../../src/upstream/undici-pool.ts';
import type { ConnectionPool } from '../../src/upstream/pool.ts';
import { RawPool } from '../../src/upstream/raw-pool.ts';
import { parseTarget, withServerName } from '../../src/core/target.ts';
import { type PoolSource, PooledEndpoint } from '../../src/upstream/pooled-endpoint.ts';

export interface EndpointSetup {
  readonly connectTimeoutMs?: number;
  readonly waitMs?: number;
  readonly headersMs?: number;
  readonly idleMs?: number;
  readonly maxConnections?: number;
  /** With the raw client; as much as `PIPELINING` says by default. */
  readonly pipelining?: number;
  readonly maxWaiting?: number;
  readonly maxHeaderBytes?: number;
  readonly serverName?: string;
  readonly spkiPins?: readonly string[];
  readonly sanPins?: readonly string[];
  readonly tls?: tls.SecureContextOptions;
}

interface Teardown {
  teardown(fn: () => unknown): void;
}

export function openEndpoint(
  t: Teardown,
  url: string,
  setup: EndpointSetup = {},
): { endpoint: PooledEndpoint; pool: ConnectionPool } {
  const parsed = parseTarget(url);
  const target = setup.serverName === undefined ? parsed : withServerName(parsed, setup.serverName);
  const connector = {
    target,
    connectTimeoutMs: setup.connectTimeoutMs ?? 5000,
    secureContext: () => tls.createSecureContext(setup.tls),
    expected: {
      serverName: target.serverName,
      spkiPins: setup.spkiPins ?? [],
      sanPins: setup.sanPins ?? [],
    },
  };
  const options = {
    target,
    connect: createConnector(connector),
    keepAliveMs: 4000,
    maxKeepAliveMs: 10_000,
    maxHeaderBytes: setup.maxHeaderBytes ?? 16_384,
    maxConnections: setup.maxConnections ?? 8,
    pipelining: setup.pipelining ?? Number(process.env['PIPELINING'] ?? 1),
    maxWaiting: setup.maxWaiting ?? 64,
  };
  const client = process.env['UPSTREAM_CLIENT'];
  const Pool = client === 'raw' ? RawPool : UndiciPool;
  const pool =
    client === 'h2'
      ? new H2Pool({
          ...options,
          connectH2: createConnector({ ...connector, protocols: ['h2', 'http/1.1'] }),
        })
      : new Pool(options);
  const timeouts = {
    waitMs: setup.waitMs ?? 5000,
    headersMs: setup.headersMs ?? 5000,
    idleMs: setup.idleMs ?? 5000,
  };
  t.teardown(() => pool.close(0));
  const settings = {
    client: 'undici' as const,
    target,
    dns: undefined,
    identity: undefined,
    trust: undefined,
    spkiPins: [],
    sanPins: [],
    connectTimeoutMs: 0,
    maxConnections: 0,
    maxWaiting: 0,
    pipelining: 1,
    hasH2: false,
  };
  const source: PoolSource = {
    acquire: () => pool,
    health: () => {
      throw new Error('nobody looks');
    },
    connector: () => {
      throw new Error('nobody connects');
    },
  };
  return { endpoint: new PooledEndpoint(settings, timeouts, source), pool };
}
