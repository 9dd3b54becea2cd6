// Settings that say who may pass: the shape of the policy language. What criteria take is for the policy room to say.
import { z } from 'zod';
import { file, text, word } from './schema-values.ts';

const criterion = z.record(z.string(), z.unknown());

const body = z.strictObject({
  and: z.array(criterion).exactOptional().describe('All of these criteria.'),
  or: z.array(criterion).exactOptional().describe('Any of these criteria.'),
  not: z.array(criterion).exactOptional().describe('None of these criteria.'),
  nor: z.array(criterion).exactOptional().describe('Not all of these criteria.'),
});

const rule = z.strictObject({
  allow: body.exactOptional().describe('Who may pass. Several operators: any of them.'),
  deny: body.exactOptional().describe('Who may not, whatever is allowed.'),
});

const policy = () =>
  z.union([z.array(rule), rule], { error: 'expected a rule with allow or deny, or a list of such rules' });

const mode = () => word(['enforce', 'audit']);

const entries = z.array(z.record(z.string(), z.unknown()));

/** The groups of `groups_file`, or of `groups`. */
export const groupsSchema = z.record(text(), entries, {
  error: 'expected names of groups, each with a list of entries such as {san_email: alice@example.com}',
});

export const routePolicy = {
  policy: policy()
    .exactOptional()
    .describe(
      'Who may use the route, in the policy language: docs/policy.md. Default: every client whose certificate passes, where the host demands one.',
    ),
  policy_mode: mode()
    .exactOptional()
    .describe(
      '`audit`: whoever the policy would refuse is let through, and the log says `would_deny`. Default: that of the whole file.',
    ),
};

export const globalPolicy = {
  policy: policy()
    .exactOptional()
    .describe('Rules that hold for every route, beside its own. What either denies is denied.'),
  policy_mode: mode()
    .default('enforce')
    .describe('`audit`: whoever a policy would refuse is let through, and the log says `would_deny`.'),
  groups: groupsSchema
    .default({})
    .describe(
      'Named groups of certificates, for the criterion `certificate_group`: for each name a list of entries, each a map of criteria of `client_certificate`.',
    ),
  groups_file: file()
    .exactOptional()
    .describe('Path of a YAML file with more groups, in the form of `groups`. Watched and read again.'),
};
