// What a decoder makes of bytes, as one value that can be compared: every message in full, then the error, if any.
import { SallyportError } from '../../src/core/errors.ts';
import type { FlatHeaders } from '../../src/core/flat-headers.ts';
import type { RequestLimits } from '../../src/http1/limits.ts';
import { RequestDecoder } from '../../src/http1/request-decoder.ts';
import type { RequestHead } from '../../src/http1/request-head.ts';
import { type ExpectedResponse, ResponseDecoder } from '../../src/http1/response-decoder.ts';
import type { ResponseHead } from '../../src/http1/response-head.ts';

export const REQUEST_LIMITS: RequestLimits = {
  maxHeadBytes: 16_384,
  maxHeaders: 100,
  maxTargetBytes: 8192,
  maxBodyBytes: Infinity,
  underscores: 'reject',
};

export interface Message<Head> {
  head: Head;
  body: string;
  trailers: FlatHeaders;
  isComplete: boolean;
}

export interface Transcript<Head> {
  messages: Message<Head>[];
  informational: { status: number; headers: FlatHeaders }[];
  /** Code of the error that ended it. */
  error: string | undefined;
  /** Bytes that no message took. */
  rest: string;
  /** Where the last complete message ended. */
  completeBytes: number;
}

/** Recording events and the transcript that they fill. */
function recorder<Head>() {
  const transcript: Transcript<Head> = {
    messages: [],
    informational: [],
    error: undefined,
    rest: '',
    completeBytes: 0,
  };
  const events = {
    onInformational: (status: number, headers: FlatHeaders) =>
      void transcript.informational.push({ status, headers }),
    onHead: (head: Head) =>
      void transcript.messages.push({ head, body: '', trailers: [], isComplete: false }),
    onData(bytes: Buffer) {
      const message = transcript.messages.at(-1);
      if (message === undefined || message.isComplete || bytes.length === 0) throw new Error('stray data');
      message.body += bytes.toString('latin1');
    },
    onEnd(trailers: FlatHeaders) {
      const message = transcript.messages.at(-1);
      if (message === undefined || message.isComplete) throw new Error('stray end');
      message.trailers = trailers;
      message.isComplete = true;
    },
  };
  return { transcript, events };
}

function codeOf(error: unknown): string {
  if (error instanceof SallyportError) return error.code;
  throw error;
}

/** Cuts at every position given; positions out of range do nothing. */
export function cutAt(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const cuts = [...new Set(positions)].filter((at) => at > 0 && at < bytes.length).sort((a, b) => a - b);
  return [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i] ?? bytes.length));
}

/**
 * Feeds the pieces as a connection would: what stands behind a message waits for `next`, and behind one that is the last
 * of its connection nothing is read.
 */
export function decodeRequests(
  pieces: readonly Buffer[],
  limits: Partial<RequestLimits> = {},
): Transcript<RequestHead> {
  const { transcript, events } = recorder<RequestHead>();
  const decoder = new RequestDecoder({ ...REQUEST_LIMITS, ...limits }, events);
  let before = 0;
  try {
    for (const piece of pieces) {
      let at = 0;
      while (at < piece.length && !(decoder.isDone && isLast(transcript))) {
        if (decoder.isDone) decoder.next();
        at += decoder.decode(piece.subarray(at));
        if (decoder.isDone) transcript.completeBytes = before + at;
      }
      before += piece.length;
      transcript.rest += piece.toString('latin1', at);
    }
  } catch (error) {
    transcript.error = codeOf(error);
  }
  return transcript;
}

const isLast = ({ messages }: Transcript<RequestHead>) => messages.at(-1)?.head.isKeepAlive === false;

export interface ResponseScript {
  readonly expected?: readonly ExpectedResponse[];
  /** Whether the upstream closes its side after the last piece. Default false. */
  readonly isClosed?: boolean;
}

/** Feeds the pieces to a decoder that expects these answers one after the other; one to a GET by default. */
export function decodeResponses(
  pieces: readonly Buffer[],
  { expected = [{ method: 'GET' }], isClosed = false }: ResponseScript = {},
): Transcript<ResponseHead> {
  const { transcript, events } = recorder<ResponseHead>();
  const decoder = new ResponseDecoder({ ...REQUEST_LIMITS, underscores: 'allow' }, events);
  const waiting = [...expected];
  const arm = () => {
    const request = decoder.isIdle ? waiting.shift() : undefined;
    if (request !== undefined) decoder.expect(request);
  };
  arm();
  try {
    for (const piece of pieces) {
      let at = 0;
      while (at < piece.length && !decoder.isIdle) {
        at += decoder.decode(piece.subarray(at));
        arm();
      }
      transcript.rest += piece.toString('latin1', at);
    }
    if (isClosed) decoder.finish();
  } catch (error) {
    transcript.error = codeOf(error);
  }
  return transcript;
}
