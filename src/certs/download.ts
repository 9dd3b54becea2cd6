// One exchange with an HTTP server for something small from a place that the configuration names: no redirects, no more bytes and no more time than
// allowed.
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';

/** What a server said of the copy that we have. */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

export interface Downloaded extends Validators {
  readonly bytes: Buffer;
}

export interface DownloadLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What is sent; without it the request is a GET. */
export interface Post {
  readonly type: string;
  readonly body: Buffer;
}

/** Undefined where the copy that `known` tells of is still the current one. Throws an Error that says what went wrong. */
export async function download(
  url: URL,
  known: Validators | undefined,
  { maxBytes, timeoutMs, signal }: DownloadLimits,
  post?: Post,
): Promise<Downloaded | undefined> {
  const request = (url.protocol === 'https:' ? https : http).request(url, {
    agent: false,
    method: post === undefined ? 'GET' : 'POST',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    headers: {
      accept: '*/*',
      'accept-encoding': 'identity',
      ...(post !== undefined && { 'content-type': post.type, 'content-length': post.body.length }),
      ...(known?.etag !== undefined && { 'if-none-match': known.etag }),
      ...(known?.lastModified !== undefined && { 'if-modified-since': known.lastModified }),
    },
  });
  request.end(post?.body);
  try {
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const { statusCode = 0, headers } = response;
    if (statusCode === 304 && known !== undefined) return undefined;
    if (statusCode >= 300 && statusCode < 400)
      throw new Error(`answered ${statusCode}; redirects are not followed`);
    if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new Error(`is longer than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    return { bytes: Buffer.concat(chunks), etag: headers.etag, lastModified: headers['last-modified'] };
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'AbortError' && !signal.aborted;
    throw isLate ? new Error(`took longer than ${timeoutMs} ms`, { cause: error }) : error;
  } finally {
    request.destroy();
  }
}
