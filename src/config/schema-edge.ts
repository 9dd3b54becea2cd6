// Settings about the listener and its limits: what a client may cost before and after the handshake.
import { z } from 'zod';
import { type ListenAddress, isLoopback, parseListenAddress } from './listen-address.ts';
import { count, duration, flag, quote, size, word } from './schema-values.ts';

const listenAddress = z.string().transform((value, context): ListenAddress => {
  const address = parseListenAddress(value);
  if (address === undefined)
    context.issues.push({
      code: 'custom',
      message: `${quote(value)} is not an address to listen on: write :443, 127.0.0.1:8443, [::1]:8443 or unix:/run/sallyport.sock`,
      input: value,
    });
  return address ?? { port: 0 };
});

export const listening = {
  address: z
    .union(
      [
        listenAddress,
        z.array(listenAddress).min(1, { error: 'the list is empty: give at least one address' }),
      ],
      {
        error: (issue) =>
          `${quote(issue.input)} is not an address to listen on: write text such as ':443', or a list of such`,
      },
    )
    .prefault(':443')
    .transform((value): ListenAddress[] => (Array.isArray(value) ? value : [value]))
    .describe(
      'Where to listen, one or a list: `:443` (IPv4 and IPv6), `127.0.0.1:8443`, `[::1]:8443`, `unix:/run/sallyport.sock`.',
    ),
  http_redirect_addr: z
    .string()
    .transform((value, context): ListenAddress => {
      const address = parseListenAddress(value);
      if (address === undefined)
        context.issues.push({
          code: 'custom',
          message: `${quote(value)} is not an address to listen on: write :80 or 127.0.0.1:8080`,
          input: value,
        });
      return address ?? { port: 0 };
    })
    .exactOptional()
    .describe(
      'Where plain HTTP is sent on to https, on the port of `address`, and `http-01` challenges are answered, such as `:80`. Default: nowhere.',
    ),
  admin_address: z
    .string()
    .transform((value, context): ListenAddress => {
      const address = parseListenAddress(value);
      const isLocal = address !== undefined && ('path' in address || isLoopback(address.host));
      if (!isLocal)
        context.issues.push({
          code: 'custom',
          message: `${quote(value)} is not on this machine alone: write 127.0.0.1:9090, [::1]:9090 or unix:/run/sallyport/admin.sock, and a route to it with a policy for who may see it from elsewhere`,
          input: value,
        });
      return address ?? { port: 0 };
    })
    .exactOptional()
    .describe(
      'Where the status page, metrics, health checks and explanations are, in plain HTTP: on a loopback address or a unix socket only. Default: nowhere.',
    ),
  use_proxy_protocol: flag()
    .prefault(false)
    .describe(
      'Connections from `proxy_protocol_trusted` begin with a header of the PROXY protocol, version 1 or 2, which says who the client is. Without one they are closed.',
    ),
  proxy_protocol_trusted: z
    .array(z.string())
    .min(1, { error: 'the list is empty: give the addresses of the balancers' })
    .exactOptional()
    .describe(
      'Balancers that say on whose behalf they connect: addresses, blocks such as `10.0.0.0/8`, or `unix` for unix sockets. From anybody else a header is an error.',
    ),
  workers: z
    .union([z.literal('auto'), count({ max: 256 })], {
      error: ({ input }) =>
        `${quote(input)} is not a number of processes: write auto or a whole number from 1 to 256`,
    })
    .prefault(1)
    .describe(
      "Processes that serve (`sallyport run` alone): a number, or `auto` for one a core. More than one are led by a process that serves nothing. Limits and connections to apps are each worker's own.",
    ),
  codec_type: word(['auto', 'http1', 'http2'], {
    http3: 'http3 is not spoken here yet: write auto, http1 or http2',
  })
    .prefault('auto')
    .describe(
      'Versions of HTTP that clients may choose from: `auto` (HTTP/2 and HTTP/1.1), `http1` or `http2` alone.',
    ),
  reuse_port: flag()
    .prefault(false)
    .describe(
      'Lets several processes listen on one port (SO_REUSEPORT). Lossy: connections that wait in the queue of a process that closes are reset.',
    ),
};

export const limits = {
  handshake_timeout: duration({ min: 1, max: 10_000 })
    .prefault('10s')
    .describe('From accept to the end of the TLS handshake. At most 10s.'),
  max_handshakes: count().prefault(1000).describe('Handshakes in flight at once; more are closed at accept.'),
  max_connections: count()
    .prefault(10_000)
    .describe('Connections of clients at once; more are closed at accept.'),
  max_connections_per_address: count()
    .prefault(1024)
    .describe('Connections at once from one address; more are closed at accept.'),
  max_failed_handshakes_per_address: count({ min: 0 })
    .prefault(300)
    .describe(
      'Handshakes and client certificates of one address (one /64 in IPv6) that may fail in a minute; more connections are closed at accept. 0 means no limit.',
    ),
  max_memory: size()
    .exactOptional()
    .describe(
      'Memory that each process may use. From nine tenths on requests are answered 503 with Retry-After, beyond it connections are closed at accept as well. 0 means no limit but that of V8. Default: three quarters of what the machine or its container has, shared among the `workers`.',
    ),
  max_client_hello_bytes: size({ min: 512, max: 65_536 })
    .prefault('16KiB')
    .describe('Longest ClientHello that is read.'),
  header_timeout: duration({ min: 1 })
    .prefault('10s')
    .describe('From the first byte of a request to the end of its head, however slowly it drips. Then 408.'),
  timeout_idle: duration({ min: 1 })
    .prefault('5m')
    .describe('How long a connection may wait for its next request.'),
  min_request_body_rate: size()
    .prefault(240)
    .describe('Slowest request body in bytes a second, on average. Then 408. 0 means no limit.'),
  min_request_body_grace: duration()
    .prefault('5s')
    .describe('How long a request body may be slower than `min_request_body_rate`.'),
  max_request_header_bytes: size({ min: 1024, max: 1024 ** 2 })
    .prefault('64KiB')
    .describe('Longest request head. Then 431.'),
  max_request_headers: count({ max: 10_000 })
    .prefault(100)
    .describe('Most header fields of a request. Then 431.'),
  http2_max_concurrent_streams: count({ max: 1000 })
    .prefault(100)
    .describe('Requests at once on one connection of HTTP/2.'),
  max_uri_bytes: size({ min: 256, max: 1024 ** 2 })
    .prefault('16KiB')
    .describe('Longest request target. Then 414.'),
  max_response_body_bytes: size()
    .prefault(0)
    .describe(
      'Longest answer of an app, where the route says nothing. One that says so is 502, one that turns out so is cut. 0 means no limit.',
    ),
  max_request_body_bytes: size()
    .prefault(0)
    .describe('Longest request body, where the route says nothing. Then 413. 0 means no limit.'),
  max_buffered_request_bytes: size({ min: 1 })
    .prefault('256MiB')
    .describe('What all bodies take up together that `buffer_requests` keeps, in each worker. Then 503.'),
  headers_with_underscores_action: word(['reject', 'drop', 'allow'])
    .default('reject')
    .describe(
      'What becomes of a request with a header name that has other characters than letters, digits and hyphens: `reject` answers 400, `drop` removes the field, `allow` forwards it.',
    ),
  revocation_deadline: duration()
    .prefault('5s')
    .describe(
      'How long a request in flight may go on whose client is locked out meanwhile: its certificate revoked, denied or expired, its CA removed, or policy changed. Then it is cut. Idle connections and WebSockets are closed at once.',
    ),
  drain_timeout: duration()
    .prefault('30s')
    .describe('How long requests in flight may take to finish after SIGTERM before they are cut.'),
};
