// What the demo and its holders of connections tell each other.

/** What a connection is busy with. */
export type Use = 'idle' | 'websocket' | 'download';

export interface Person {
  readonly name: string;
  readonly certPem: string;
  readonly keyPem: string;
  /** How many connections, by their use. */
  readonly holds: Readonly<Record<Use, number>>;
}

/** Made once, to a child that has just started. */
export interface HoldOrder {
  readonly kind: 'hold';
  readonly port: number;
  readonly host: string;
  readonly caPem: string;
  readonly people: readonly Person[];
}

/** Every idle connection that is still open is to ask for something, every WebSocket to say something. */
export interface UseOrder {
  readonly kind: 'use';
}

export type Order = HoldOrder | UseOrder;

export interface Closing {
  readonly kind: 'closed';
  readonly person: string;
  readonly use: Use;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Of a WebSocket's close frame. */
  readonly code: number | undefined;
}

export type Report =
  | { readonly kind: 'held'; readonly open: number }
  | { readonly kind: 'used'; readonly answered: number; readonly silent: number }
  | { readonly kind: 'failed'; readonly message: string }
  | Closing;
