// What a server of HTTP/2 must make of what a client writes: a case each, by section of RFC 9113.
import { block, FLAG, frame, type H2Code, type H2Peer, TYPE } from './h2-frames.ts';

/** What shall come of it; several where the RFC leaves a choice. `connection`: GOAWAY; `stream`: RST_STREAM. */
export type H2Outcome =
  `connection ${H2Code}` | `stream ${H2Code}` | `status ${number}` | 'closed' | 'goes on';

export interface H2Case {
  readonly section: string;
  readonly what: string;
  /** Sent after preface and SETTINGS, unless `isBare`. */
  readonly send: readonly Buffer[] | ((peer: H2Peer) => readonly Buffer[] | Promise<readonly Buffer[]>);
  readonly outcome: H2Outcome | readonly H2Outcome[];
  /** The stream that the outcome is about. Default 1. */
  readonly stream?: number;
  readonly isBare?: boolean;
  /** What must not have reached the app, and did not. */
  readonly isDropped?: boolean;
  /** There is no room for another stream after it. */
  readonly isFull?: boolean;
}

export const H2_HOST = 'app.sallyport.localhost';

export type Field = readonly [name: string, value: string];

export const PSEUDO: readonly Field[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', H2_HOST],
  [':path', '/'],
];

/** With other values for those of the same name. */
export function pseudo(...others: readonly Field[]): Field[] {
  const all = new Map([...PSEUDO, ...others]);
  return [...all];
}

export const without = (name: string): Field[] => PSEUDO.filter(([other]) => other !== name);

/** HEADERS with a whole block, which end the stream. */
export function get(
  stream: number,
  fields: readonly Field[] = PSEUDO,
  flags: number = FLAG.endStream,
): Buffer {
  return frame(TYPE.headers, flags | FLAG.endHeaders, stream, block(...fields));
}

/** HEADERS of a request whose body is still to come. */
export const post = (stream: number, ...more: readonly Field[]): Buffer =>
  get(stream, [...pseudo([':method', 'POST'], [':path', '/echo']), ...more], 0);

export const data = (stream: number, payload = '', flags: number = FLAG.endStream): Buffer =>
  frame(TYPE.data, flags, stream, Buffer.from(payload));

/** Waits for the answer to what was sent, then sends more. */
export const afterAnswer =
  (first: readonly Buffer[], then: readonly Buffer[], stream = 1) =>
  async (peer: H2Peer): Promise<readonly Buffer[]> => {
    peer.send(...first);
    await peer.find((one) => one.stream === stream && (one.flags & FLAG.endStream) !== 0 && one.type <= 1);
    return then;
  };
