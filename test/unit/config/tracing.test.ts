import path from 'node:path';
import t from 'tap';
import { parseConfig } from '../../../src/config/parse.ts';
import { BASE, problemLines } from '../../support/config-texts.ts';

const ROUTE = 'routes:\n  - {from: https://a, to: https://b}\n';
const problems = (...lines: string[]) => problemLines(`${BASE}${lines.join('\n')}\n${ROUTE}`);
const OTLP = 'otel_traces_exporter: otlp';

function settingsOf(lines: string, env: Record<string, string> = {}) {
  const result = parseConfig({ text: `${BASE}${lines}\n${ROUTE}`, file: 'routes.yaml', env });
  if (!result.ok) throw new Error(result.problems.map(({ text }) => text).join('\n'));
  return result.config;
}

t.test('what is not offered says what is', (t) => {
  t.match(problems(OTLP, 'otel_exporter_otlp_protocol: grpc'), [/grpc is not offered: write http\/protobuf/]);
  t.match(problems('otel_traces_exporter: zipkin'), [/zipkin is not offered: write otlp/]);
  t.match(problems(OTLP, 'otel_exporter_otlp_endpoint: collector:4318'), [/write https:\/\/host:port/]);
  t.match(problems(OTLP, 'otel_exporter_otlp_endpoint: https://user:x@collector'), [/write https:\/\//]);
  t.match(problems(OTLP, 'otel_exporter_otlp_endpoint: https://collector:99999'), [/write https:\/\//]);
  t.match(problems(OTLP, 'otel_traces_sampler_arg: 1.5'), [/'?1.5'? is not a share/]);
  t.match(problems(OTLP, 'tracing_provider: jaeger'), [/write otel_traces_exporter: otlp/]);
  t.end();
});

t.test('headers and attributes are pairs, and no message repeats what may be a secret', (t) => {
  const { otel_exporter_otlp_headers: headers } = settingsOf(
    `${OTLP}\notel_exporter_otlp_headers: 'Authorization=Basic%20c2VjcmV0=, x-a=1,'`,
  );
  t.strictSame(headers, { Authorization: 'Basic c2VjcmV0=', 'x-a': '1' });
  t.strictSame(settingsOf(`${OTLP}\notel_resource_attributes: [a=b c]`).otel_resource_attributes, {
    a: 'b c',
  });
  for (const bad of [
    "'secret'",
    "'a b=secret'",
    "'host=secret'",
    "'a=secret%0a'",
    "'a=secret%'",
    "['=secret']",
  ]) {
    const [line = '', ...others] = problems(OTLP, `otel_exporter_otlp_headers: ${bad}`);
    t.match(line, /number 1 is not one of headers/);
    t.notMatch(line, /secret/);
    t.strictSame(others, []);
  }
  t.end();
});

t.test('headers do not travel in clear text, spans only where somebody is told', (t) => {
  const headers = 'otel_exporter_otlp_headers: a=b';
  t.strictSame(problems(OTLP, headers), [], 'localhost, by default');
  t.strictSame(problems(OTLP, headers, "otel_exporter_otlp_endpoint: 'http://[::1]:4318'"), []);
  t.match(problems(OTLP, 'otel_exporter_otlp_endpoint: http://collector:4318'), [/in clear text/]);
  t.match(problems(OTLP, headers, 'otel_exporter_otlp_traces_endpoint: http://127.0.0.1.example/v1/traces'), [
    /would send otel_exporter_otlp_headers in clear text/,
  ]);
  t.end();
});

t.test('a certificate needs its key, and settings need an exporter', (t) => {
  t.match(problems(OTLP, 'otel_exporter_otlp_client_certificate_file: a'), [/has no private key/]);
  t.match(problems('otel_service_name: a'), [/has no effect without otel_traces_exporter: otlp/]);
  t.strictSame(problems('otel_traces_exporter: none', 'otel_service_name: a'), [], 'switched off on purpose');
  t.end();
});

t.test('no header of the operator contradicts the one about the trace', (t) => {
  const route = "routes:\n  - {from: https://a, to: https://b, set_request_headers: {tracestate: 'a=1'}}\n";
  t.match(problemLines(`${BASE}${OTLP}\nset_request_headers: {Traceparent: x}\n${route}`), [
    /set_request_headers.Traceparent: is said by the proxy/,
    /routes\[0\].set_request_headers.tracestate: is said by the proxy/,
  ]);
  t.strictSame(problemLines(`${BASE}${route}`), []);
  t.end();
});

t.test('variables of the environment override the file', (t) => {
  const env = {
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example:4318',
    OTEL_EXPORTER_OTLP_CERTIFICATE: 'ca.pem',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
    OTEL_SERVICE_NAME: '',
  };
  t.match(settingsOf('otel_service_name: gate', env), {
    otel_traces_exporter: 'otlp',
    otel_exporter_otlp_endpoint: 'https://collector.example:4318',
    otel_exporter_otlp_certificate_file: path.resolve('ca.pem'),
    otel_traces_sampler_arg: 0.25,
    otel_service_name: 'gate',
  });
  t.throws(
    () => settingsOf(OTLP, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }),
    /OTEL_EXPORTER_OTLP_PROTOCOL.*grpc/,
  );
  t.end();
});

t.test('where nothing is exported only OTEL_TRACES_EXPORTER is looked at', (t) => {
  const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_SERVICE_NAME: 'beside' };
  t.match(settingsOf('', env), { otel_traces_exporter: 'none', otel_service_name: undefined });
  t.match(settingsOf(OTLP, { OTEL_TRACES_EXPORTER: 'none', ...env }), { otel_traces_exporter: 'none' });
  t.end();
});
