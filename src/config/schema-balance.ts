// Settings about the several instances of an app: whose turn it is, and who is left out.
import { z } from 'zod';
import { count, duration, quote, text, urlPath } from './schema-values.ts';

const policy = () =>
  z
    .string()
    .transform((value) => value.toUpperCase())
    .pipe(
      z.enum(['ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM', 'RING_HASH', 'MAGLEV'], {
        error: (issue) =>
          `${quote(issue.input)} is none of ROUND_ROBIN, LEAST_REQUEST, RANDOM, RING_HASH, MAGLEV`,
      }),
    );

const KEY = /^(?:client_certificate|source_ip|header:[A-Za-z0-9-]+|cookie:[!#$%&'*+.^_`|~0-9A-Za-z-]+)$/;
const COOKIE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const statusRange = z.strictObject({
  start: count({ min: 100, max: 599 }).describe('The first status of the range.'),
  end: count({ min: 101, max: 600 }).describe('The status after the last of the range.'),
});

const thresholds = {
  timeout: duration({ min: 1 }).prefault('5s').describe('Within which the check must be over.'),
  interval: duration({ min: 10 }).prefault('10s').describe('From the end of one check to the next.'),
  unhealthy_threshold: count().prefault(3).describe('Failed checks in a row that take it out.'),
  healthy_threshold: count().prefault(2).describe('Good checks in a row that take it in again.'),
};

const healthCheck = z
  .strictObject({
    http_health_check: z
      .strictObject({
        path: urlPath().describe('What is asked for.'),
        host: text().exactOptional().describe('The Host of the request. Default: the host in `to`.'),
        expected_statuses: z
          .array(statusRange)
          .prefault([{ start: 200, end: 300 }])
          .describe('What is a good answer; each range without its end, as in Envoy.'),
      })
      .exactOptional()
      .describe('Asks for a path.'),
    tcp_health_check: z
      .strictObject({})
      .exactOptional()
      .describe('Makes a connection, TLS and the proof of the app included, and closes it.'),
    grpc_health_check: z
      .strictObject({
        service_name: z.string().max(100).prefault('').describe('Which service; empty for all of them.'),
      })
      .exactOptional()
      .describe('Asks `grpc.health.v1.Health`; needs `allow_h2` or `h2c://`.'),
    ...thresholds,
  })
  .superRefine((value, context) => {
    const kinds = [value.http_health_check, value.tcp_health_check, value.grpc_health_check];
    if (kinds.filter((kind) => kind !== undefined).length !== 1)
      context.addIssue({
        code: 'custom',
        message: 'give one of http_health_check, tcp_health_check, grpc_health_check',
      });
  });

export const balancing = {
  load_balancing_policy: policy()
    .exactOptional()
    .describe(
      'Which instance is next, of several in `to`: `ROUND_ROBIN`, `LEAST_REQUEST` (the less busy of two), `RANDOM`, each by weight; `RING_HASH` and `MAGLEV`: the same for the same `hash_key`. Default: `ROUND_ROBIN`.',
    ),
  hash_key: z
    .string()
    .regex(KEY, {
      error: ({ input }) =>
        `${quote(input)} is none of client_certificate, source_ip, header:NAME, cookie:NAME`,
    })
    .exactOptional()
    .describe(
      'What requests share that go to the same instance: `client_certificate` (its subject), `source_ip`, `header:NAME`, `cookie:NAME`. Default: `client_certificate`.',
    ),
  sticky_cookie: z
    .string()
    .regex(COOKIE, { error: ({ input }) => `${quote(input)} is not the name of a cookie` })
    .exactOptional()
    .describe('Name of a cookie that brings a browser back to the instance that answered it first.'),
  health_checks: z
    .array(healthCheck)
    .exactOptional()
    .describe(
      'Looks, again and again, whether each instance is well; one that is not gets no requests. Default: nobody looks.',
    ),
  outlier_detection: z
    .strictObject({
      consecutive_local_origin_failure: count({ min: 0 })
        .prefault(3)
        .describe('Connections that fail, or break before an answer, in a row. 0: they do not count.'),
      consecutive_5xx: count({ min: 0 })
        .prefault(0)
        .describe('Answers of 500 and above in a row. 0: they do not count.'),
      base_ejection_time: duration({ min: 1 })
        .prefault('10s')
        .describe('How long an instance gets no requests; twice as long each next time.'),
      max_ejection_time: duration({ min: 1 }).prefault('5m').describe('The longest that it gets.'),
      max_ejection_percent: count({ min: 0, max: 100 })
        .prefault(50)
        .describe('How many instances may be out at once; one always may.'),
    })
    .exactOptional()
    .describe('What requests find out about the instances, where there are several.'),
  healthy_panic_threshold: count({ min: 0, max: 100 })
    .exactOptional()
    .describe(
      'Below this share of instances that are well, percent, all are asked; 0, the default: only where none is well.',
    ),
  slow_start: duration()
    .exactOptional()
    .describe('How long an instance that comes back gets less than its share. Default: not at all.'),
  hedge_after: duration({ min: 1 })
    .exactOptional()
    .describe(
      'Asks a second instance as well where the first has not begun to answer for so long: GET, HEAD and other safe requests without a body, within the budget for second tries. Whoever answers first is heard. Default: one is asked.',
    ),
  circuit_breaker_thresholds: z
    .strictObject({
      max_connections: count()
        .exactOptional()
        .describe('Connections to each instance at once, instead of `max_upstream_connections`.'),
      max_pending_requests: count()
        .exactOptional()
        .describe(
          'Requests that wait for a connection to an instance, also while one is made. Then 503. Default: 1024.',
        ),
      max_retries: count({ min: 0 })
        .exactOptional()
        .describe(
          'Second tries at once. Default: a fifth of the requests under way, and at least three. 0: none.',
        ),
      max_requests: count()
        .exactOptional()
        .describe('Requests under way at once. Then 503. Default: no limit.'),
    })
    .exactOptional()
    .describe('What an app may have on its hands.'),
};
