// The part of http-proxy 1.18.1 that the bench uses; it ships no types of its own.
declare module 'http-proxy' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingMessage, ServerResponse } from 'node:http';
  import type { Agent } from 'node:https';

  interface ProxyServer extends EventEmitter {
    web(request: IncomingMessage, response: ServerResponse): void;
  }

  interface ServerOptions {
    readonly target: string;
    readonly agent: Agent;
    readonly secure: boolean;
  }

  const library: { createProxyServer(options: ServerOptions): ProxyServer };
  export = library;
}
