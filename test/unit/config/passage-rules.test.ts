// What goes with what among the settings about how requests and answers pass.
import t from 'tap';
import { problemLines, withRoute } from '../../support/config-texts.ts';

const of = (...lines: string[]) => problemLines(withRoute('to: https://b', ...lines));

t.test('compression names codings, and types that it is for', (t) => {
  t.same(of('compress: [zstd, br, gzip]', 'compress_types: [text/*, application/*+json]'), []);
  t.match(of('compress: []'), [/an empty list compresses nothing/]);
  t.match(of('compress: [deflate]'), [/'deflate' is none of zstd, br, gzip/]);
  t.match(of('compress: [br, br]'), [/compress: names one twice/]);
  t.match(of('compress: [br]', 'compress_types: []'), [/an empty list compresses nothing/]);
  for (const type of ['text', '*/*', '*', 'text/html; charset=utf-8', 'text/ht*'])
    t.match(of('compress: [br]', `compress_types: ['${type}']`), [/is not a media type/]);
  t.match(of('compress: [br]', 'compress_types: [application/grpc+proto]'), [/gRPC compresses its own/]);
  t.match(of('compress: [br]', 'compress_min_bytes: 0'), [/less than the least allowed, 1/]);
  t.match(of('compress_types: [text/html]', 'compress_min_bytes: 1'), [
    /compress_types: goes with compress/,
    /compress_min_bytes: goes with compress/,
  ]);
  t.match(problemLines(withRoute('response: {}', 'compress: [br]')), [/compress: goes with to/]);
  t.end();
});

const two = (...lines: string[]) => problemLines(withRoute('to: [https://b, https://c]', ...lines));

t.test('another instance is asked where there is one, no cookie binds, and there is time', (t) => {
  t.same(two('hedge_after: 200ms', 'timeout: 10s'), []);
  t.same(two('hedge_after: 200ms', 'timeout: 0'), []);
  t.same(of('hedge_after: 200ms', 'dns_type: STRICT_DNS'), []);
  t.same(problemLines(withRoute('to: srv+https://_a._tcp.b', 'hedge_after: 200ms')), []);
  t.match(of('hedge_after: 200ms'), [/hedge_after: asks another instance: give a second one in to/]);
  t.match(two('hedge_after: 200ms', 'sticky_cookie: x'), [/remove it or sticky_cookie/]);
  t.match(two('hedge_after: 1s', 'timeout: 1s'), [/hedge_after: is not shorter than timeout/]);
  t.match(two('hedge_after: 1s', 'circuit_breaker_thresholds: {max_retries: 0}'), [/max_retries is 0/]);
  t.match(two('hedge_after: 0'), [/less than the least allowed/]);
  t.match(problemLines(withRoute('response: {}', 'hedge_after: 1s', 'buffer_requests: 1MiB')), [
    /hedge_after: goes with to/,
    /buffer_requests: goes with to/,
  ]);
  t.match(of('buffer_requests: 0'), [/less than the least allowed/]);
  t.end();
});
