// Settings about traces, under the names of OpenTelemetry's environment variables in lower case.
import { z } from 'zod';
import { file, quote, text, word } from './schema-values.ts';

const PLAIN_URL = /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/;

const url = () =>
  z.string().refine((value) => PLAIN_URL.test(value) && URL.canParse(value), {
    error: ({ input }) =>
      `${quote(input)} is not an address of a collector: write https://host:port, with a path where it has one`,
  });

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Of the message itself, and of the connection. */
const FRAMING =
  /^(?:connection|content-.*|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*)$/i;

/**
 * Names and values, `a=1,b=2` as in a variable of the environment, or a list of `a=1`. Values as there: percent-encoded
 * where they hold commas, spaces or what is not ASCII. Values are in no message: they may be secrets.
 */
const pairs = (isName: (name: string) => boolean, isValue: (value: string) => boolean, kind: string) =>
  z
    .union([z.string(), z.array(z.string())], {
      error: `expected ${kind}: a=1,b=2, or a list of such`,
    })
    .transform((said, context): Record<string, string> => {
      const items = Array.isArray(said) ? said : said.split(',').filter((item) => item.trim() !== '');
      const entries = items.map((item, index): [string, string] => {
        const mark = item.indexOf('=');
        const name = item.slice(0, Math.max(mark, 0)).trim();
        const value = decoded(item.slice(mark + 1).trim());
        if (!isName(name) || value === undefined || !isValue(value))
          context.issues.push({
            code: 'custom',
            message: `number ${index + 1} is not one of ${kind}: write name=value`,
            input: '',
          });
        return [name, value ?? ''];
      });
      return Object.fromEntries(entries);
    });

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

export const tracing = {
  otel_traces_exporter: word(['none', 'otlp'], {
    console: 'console is not offered: write otlp, or none',
    zipkin: 'zipkin is not offered: write otlp, which its successors and the OpenTelemetry Collector take',
    jaeger: 'jaeger is not offered: write otlp, which Jaeger takes',
  })
    .default('none')
    .describe('`otlp` sends traces to a collector.'),
  otel_exporter_otlp_endpoint: url()
    .default('http://localhost:4318')
    .describe('Where the collector is; `/v1/traces` is appended.'),
  otel_exporter_otlp_traces_endpoint: url()
    .exactOptional()
    .describe('The same for traces alone, taken as it stands.'),
  otel_exporter_otlp_protocol: word(['http/protobuf'], {
    grpc: 'grpc is not offered: write http/protobuf, which collectors take on port 4318',
    'http/json': 'http/json is not offered: write http/protobuf, which every collector takes',
  })
    .default('http/protobuf')
    .describe('How spans are sent.'),
  otel_exporter_otlp_headers: pairs(
    (name) => token.test(name) && !FRAMING.test(name),
    (value) => /^[\x20-\x7e]*$/.test(value),
    'headers',
  )
    .exactOptional()
    .describe('Headers for the collector, such as `api-key=…`: `a=1,b=2`, or a list of `a=1`.'),
  otel_exporter_otlp_certificate_file: file()
    .exactOptional()
    .describe(
      "Path of the CAs that the collector's certificate must come from. Default: the system's and `certificate_authority`.",
    ),
  otel_exporter_otlp_client_certificate_file: file()
    .exactOptional()
    .describe('Path of what the collector is shown. Default: what apps are, `upstream_mtls`.'),
  otel_exporter_otlp_client_key_file: file().exactOptional().describe('Path of its private key.'),
  otel_traces_sampler_arg: z
    .union([z.number(), z.string().regex(/^\d+(?:\.\d+)?$/)], { error: notRatio })
    .transform((value, context): number => {
      const ratio = Number(value);
      if (ratio < 0 || ratio > 1)
        context.issues.push({ code: 'custom', message: notRatio({ input: value }), input: value });
      return ratio;
    })
    .prefault(1)
    .describe('The share of the traces begun here that is recorded, 0 to 1.'),
  otel_service_name: text().exactOptional().describe('`service.name` of the traces. Default: `sallyport`.'),
  otel_resource_attributes: pairs(
    (name) => name !== '' && name.length <= 255,
    (value) => value.length <= 255,
    'attributes',
  )
    .exactOptional()
    .describe(
      'What else they say of this proxy, such as `deployment.environment.name=production`: `a=1,b=2`, or a list of `a=1`.',
    ),
};

function notRatio({ input }: { readonly input?: unknown }): string {
  return `${quote(input)} is not a share: write a number from 0 to 1`;
}
