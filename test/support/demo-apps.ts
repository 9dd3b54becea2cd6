// Starts a demo app and calls it as Sallyport would: over mutual TLS, showing Sallyport's own identity.
import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { type DemoAppOptions, type DemoApp, startDemoApp } from '../../src/cli/demo/demo-app.ts';
import { makeTestPki } from './certificates.ts';

interface Teardown {
  teardown(handler: () => Promise<void>): void;
}

/** The app, closed at the end of the test. */
export async function demoApp(
  t: Teardown,
  options: Pick<DemoAppOptions, 'handler' | 'hasWebSocket'>,
): Promise<DemoApp> {
  const { app, upstreamCa } = await makeTestPki();
  const demo = await startDemoApp({
    ...options,
    certPem: app.certPem,
    keyPem: app.keyPem,
    clientCaPem: upstreamCa.certPem,
  });
  t.teardown(() => demo.close());
  return demo;
}

/** TLS options of a caller that is Sallyport. */
export async function asSallyport(): Promise<RequestOptions & { ca: string; cert: string; key: string }> {
  const { serverCa, upstreamClient } = await makeTestPki();
  return { ca: serverCa.certPem, cert: upstreamClient.certPem, key: upstreamClient.keyPem, agent: false };
}

export interface DemoAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface DemoCall {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
  /** Default: as Sallyport. */
  readonly tls?: RequestOptions;
}

/** One request with its whole answer. */
export async function call(
  url: string,
  { headers = {}, method = 'GET', body, tls }: DemoCall = {},
): Promise<DemoAnswer> {
  const outgoing = request(url, { ...(tls ?? (await asSallyport())), agent: false, method, headers });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  let text = '';
  for await (const piece of response as AsyncIterable<string>) text += piece;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}
