// Settings about how requests and answers pass between clients and an app.
import { z } from 'zod';
import { quote, size, word } from './schema-values.ts';

/** What is text, or nearly. What is compressed already (images, fonts of the web, archives) is not among it. */
export const COMPRESSED_TYPES = [
  'text/*',
  'application/*+json',
  'application/*+xml',
  'application/javascript',
  'application/json',
  'application/wasm',
  'application/x-javascript',
  'application/xml',
  'font/otf',
  'font/ttf',
  'image/bmp',
  'image/svg+xml',
  'image/vnd.microsoft.icon',
  'image/x-icon',
];

const mediaType = () =>
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9.+-]*\/(?:\*(?:\+[a-z0-9.-]+)?|[a-z0-9][a-z0-9.+_-]*)$/i, {
      error: ({ input }) =>
        `${quote(input)} is not a media type such as text/html, text/* or application/*+json`,
    })
    .refine((type) => !/^application\/grpc/i.test(type), {
      error: 'gRPC compresses its own messages: remove it',
    })
    .transform((type) => type.toLowerCase());

export const passage = {
  max_response_body_bytes: size()
    .exactOptional()
    .describe('Longest answer of the app. Default: the global `max_response_body_bytes`. 0 means no limit.'),
  buffer_requests: size({ min: 1 })
    .exactOptional()
    .describe(
      'Reads bodies up to this size whole before the app is asked, so that slow clients never occupy it; a longer one is 413. Not for bodies that are never whole, such as streams of gRPC. Default: bodies go to the app as they come.',
    ),
  compress: z
    .array(word(['zstd', 'br', 'gzip']))
    .min(1, { error: 'an empty list compresses nothing: give zstd, br or gzip, or remove the line' })
    .refine((codings) => new Set(codings).size === codings.length, { error: 'names one twice' })
    .exactOptional()
    .describe(
      'Compresses answers in one of these codings, the first that the client takes best: `zstd`, `br`, `gzip`. Not for pages that show both a secret and what a request said (docs/answers.md). Default: answers pass as they are.',
    ),
  compress_types: z
    .array(mediaType())
    .min(1, { error: 'an empty list compresses nothing: give a media type, or remove the line' })
    .exactOptional()
    .describe(
      `Media types that \`compress\` is for; \`*\` stands for any subtype, and \`text/*\` does not cover \`text/event-stream\`. Default: ${COMPRESSED_TYPES.map((type) => `\`${type}\``).join(', ')}.`,
    ),
  compress_min_bytes: size({ min: 1 })
    .prefault(1024)
    .describe('Shorter answers are not compressed; one that does not say how long it is counts as long.'),
};
