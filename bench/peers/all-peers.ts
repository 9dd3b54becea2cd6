// Every proxy that can be measured. The first is what the others are compared with.
import { caddy } from './caddy.ts';
import { haproxy } from './haproxy.ts';
import { httpProxy } from './http-proxy.ts';
import { nginx } from './nginx.ts';
import type { Peer } from './peer.ts';
import { sallyport, sallyportPipelined } from './sallyport.ts';

export const ALL_PEERS: readonly Peer[] = [nginx, haproxy, caddy, sallyport, sallyportPipelined, httpProxy];

export const REFERENCE = nginx.name;
