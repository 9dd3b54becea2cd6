// What the package offers to programs that embed the proxy.
import './core/require-node.ts';

export { ConfigError } from './app/config-error.ts';
export { createProxy } from './app/proxy.ts';
export type { Proxy, ProxyOptions, ReloadResult } from './app/proxy-contract.ts';
export type { BoundAddress } from './edge/address.ts';
export type { Config, ConfigInput } from './config/schema.ts';
export type { Observer } from './core/observer.ts';
