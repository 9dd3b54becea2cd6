// Settings about what is written down.
import { z } from 'zod';
import { headerName, word } from './schema-values.ts';

export const logging = {
  access_log: z
    .strictObject({
      query: word(['keep', 'redact'])
        .default('keep')
        .describe('`redact` writes the path of a request without its query.'),
      request_headers: z
        .array(headerName())
        .prefault(['user-agent'])
        .describe('Request headers to write down.'),
      redact_headers: z
        .array(headerName())
        .prefault(['authorization', 'cookie', 'proxy-authorization', 'set-cookie', 'x-api-key'])
        .describe('Headers whose values are never written, even when listed above.'),
    })
    .prefault({})
    .describe('The access log: one JSON line an exchange.'),
  log_level: word(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least severe message that is written. Access lines are `info`.'),
};
