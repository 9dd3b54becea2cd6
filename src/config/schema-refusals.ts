// Settings about the answers to those who may not pass.
import { z } from 'zod';
import { file, flag, quote, word } from './schema-values.ts';

const enrolUrl = z.string().regex(/^(?:https:\/\/[^\s"<>\\^`{|}]+|\/(?![/\\])[^\s"<>\\^`{|}]*)$/, {
  error: (issue) => `${quote(issue.input)} is not a link: write https://…, or a path such as /enrol`,
});

const details = () =>
  flag().describe(
    'Tells visitors why exactly they were refused, as the log has it. Else they learn the kind of reason and the request id.',
  );
const template = () =>
  file()
    .exactOptional()
    .describe(
      'Path of an HTML page to show instead of the usual one, with {{status}}, {{title}}, {{text}}, {{reason}}, {{message}}, {{request_id}}, {{enrol_url}}, {{host}}. Watched and read again.',
    );

export const refusals = {
  show_error_details: details().prefault(false),
  enrol_url: enrolUrl
    .exactOptional()
    .describe('Where people get a client certificate, or a new one: a link on the page that refuses theirs.'),
  refusal_status: word(['standard', 'pomerium', 'nginx'])
    .default('standard')
    .describe(
      'Status for a missing or bad client certificate: `standard` 403, which every browser and proxy knows; `pomerium` 495; `nginx` 496 for a missing one and 495 for a bad one.',
    ),
  refusal_template_file: template(),
};

export const routeRefusals = {
  show_error_details: details().exactOptional(),
  refusal_template_file: template(),
};
