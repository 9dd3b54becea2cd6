// What is measured. Durations are chosen so that three rounds of five peers take less than ten minutes.
import type { Mode } from '../load/plan.ts';

export interface Work {
  readonly name: string;
  /** For the tables. */
  readonly title: string;
  readonly mode: Mode;
  readonly path: string;
  readonly connections: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Of the request; default 0. */
  readonly bodyBytes?: number;
  /** Requests a second, whatever the answers do: this share of what the reference did at another work in the same round. */
  readonly rate?: { readonly of: string; readonly share: number };
  /** The TLS group that the load generator offers. */
  readonly group: 'X25519' | 'X25519MLKEM768';
}

const EACH = { connections: 64, warmUpSeconds: 1.5, seconds: 2.5, group: 'X25519', path: '/1k' } as const;

/** In this order within a round; `idle` comes first, while the proxies are fresh. */
export const WORKS: readonly Work[] = [
  {
    ...EACH,
    name: 'idle',
    title: 'Idle connections, one request on each before',
    mode: 'idle',
    connections: 2000,
    warmUpSeconds: 1,
  },
  { ...EACH, name: 'keepalive-1k', title: 'Keep-alive, 1 KiB answers', mode: 'keepalive' },
  { ...EACH, name: 'keepalive-16k', title: 'Keep-alive, 16 KiB answers', mode: 'keepalive', path: '/16k' },
  {
    ...EACH,
    name: 'keepalive-10m',
    title: 'Keep-alive, 10 MiB answers',
    mode: 'keepalive',
    path: '/10m',
    connections: 8,
    warmUpSeconds: 1,
  },
  {
    ...EACH,
    name: 'upload-10m',
    title: 'Keep-alive, bodies of 10 MiB sent',
    mode: 'keepalive',
    path: '/sink',
    bodyBytes: 10 * 1024 ** 2,
    connections: 8,
    warmUpSeconds: 1,
  },
  {
    ...EACH,
    name: 'half-load',
    title: 'Keep-alive, 1 KiB answers, half of what nginx can do',
    mode: 'keepalive',
    rate: { of: 'keepalive-1k', share: 0.5 },
  },
  {
    ...EACH,
    name: 'handshake-full',
    title: 'A full handshake for each request',
    mode: 'full',
    warmUpSeconds: 1,
  },
  {
    ...EACH,
    name: 'handshake-resumed',
    title: 'A resumed handshake for each request',
    mode: 'resume',
    warmUpSeconds: 1,
  },
  {
    ...EACH,
    name: 'handshake-hybrid',
    title: 'A full handshake for each request, X25519MLKEM768',
    mode: 'full',
    warmUpSeconds: 1,
    group: 'X25519MLKEM768',
  },
];
