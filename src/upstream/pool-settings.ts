// Everything that decides whether two routes may share connections, and its key. Whatever is not in the key must not
// change what a connection proves: a change of CA, identity, name or pin is another key, so another pool.
import { hash } from 'node:crypto';
import { type Target, isTls } from '../core/target.ts';
import type { DnsSettings } from './dns-client.ts';

/** What we show: PEM. */
export interface ClientIdentity {
  /** The chain, leaf first. */
  readonly cert: string;
  readonly key: string;
}

/** Whom an app's certificate may come from: `pem` besides the system's roots, or instead of them. */
export interface UpstreamTrust {
  readonly pem: string;
  readonly mode: 'add' | 'replace';
}

/** Who speaks HTTP to the app: undici, or our own client on raw sockets. */
export type UpstreamClient = 'undici' | 'raw';

export interface PoolSettings {
  readonly client: UpstreamClient;
  readonly target: Target;
  /** How a host name is looked up for each connection. Undefined: as the system does. */
  readonly dns: DnsSettings | undefined;
  readonly identity: ClientIdentity | undefined;
  /** Undefined: the system's roots. */
  readonly trust: UpstreamTrust | undefined;
  readonly spkiPins: readonly string[];
  readonly sanPins: readonly string[];
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
  /** Requests that may wait for one of them. */
  readonly maxWaiting: number;
  /** Safe requests at once on one connection, with `raw` alone; 1 for one after the other. */
  readonly pipelining: number;
  /** Whether the app is asked in HTTP/2 where it can, by a client of our own whatever `client` says. */
  readonly hasH2: boolean;
}

/** The same for settings that may share a TLS context. Holds no secret: the PEM is hashed. */
export function tlsKey({ identity, trust }: PoolSettings): string {
  const parts = [identity?.cert, identity?.key, trust?.mode, trust?.pem];
  return hash('sha256', JSON.stringify(parts.map((part) => part ?? null)));
}

/** The same for settings that may share connections. A JSON list, so that no part can pass for another. */
export function poolKey(settings: PoolSettings): string {
  const { client, target, dns, spkiPins, sanPins, hasH2 } = settings;
  const { connectTimeoutMs, maxConnections, maxWaiting, pipelining } = settings;
  const proof = isTls(target) ? [target.serverName, tlsKey(settings), spkiPins, sanPins] : [];
  const limits = [connectTimeoutMs, maxConnections, maxWaiting, pipelining];
  return JSON.stringify([client, target.name, dns ?? null, ...limits, hasH2, ...proof]);
}
