// One address as one route sees it, by what is spoken there.
import { isRaw } from '../core/target.ts';
import type { Endpoint } from './contract.ts';
import { type PoolSource, PooledEndpoint } from './pooled-endpoint.ts';
import type { PoolSettings } from './pool-settings.ts';
import { RawEndpoint } from './raw-endpoint.ts';
import type { EndpointTimeouts } from './timeouts.ts';

export function createEndpoint(pool: PoolSettings, timeouts: EndpointTimeouts, source: PoolSource): Endpoint {
  return isRaw(pool.target) ? new RawEndpoint(pool, source) : new PooledEndpoint(pool, timeouts, source);
}
