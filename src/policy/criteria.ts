// Every criterion of the policy language by its name: Pomerium's, and those that certificates make possible. What
// Pomerium knows from a login has no answer here, so it is an error that says what to write instead.
import { isIP } from 'node:net';
import { suggest } from '../core/suggest.ts';
import {
  CERTIFICATE_CRITERIA,
  compileCertificateCriterion,
  compileCertificateMap,
} from './certificate-criteria.ts';
import type { Criterion, CriterionContext } from './criterion.ts';
import { addressTest } from './addresses.ts';
import { compileMatcher, compileTextMatcher } from './matcher.ts';
import { compileDate, compileDayOfWeek, compileTimeOfDay, compileValidityLeft } from './time-criteria.ts';

type Compile = (data: unknown, context: CriterionContext) => Criterion | undefined;

const CRITERIA: Readonly<Record<string, Compile>> = {
  accept: (data, context) => constant('accept', data, context),
  reject: (data, context) => constant('reject', data, context),
  client_certificate: (data, { path, report }) => {
    const test = compileCertificateMap(data, path, report);
    return test && { name: 'client_certificate', about: 'certificate', test };
  },
  certificate_group: compileGroup,
  invalid_client_certificate: (data, context) => {
    if (!isTrue(data, context)) return undefined;
    return { name: 'invalid_client_certificate', about: 'connection', test: ({ isInvalid }) => isInvalid };
  },
  source_ip: compileSourceIp,
  tls_version: compileTlsVersion,
  http_method: (data, { path, report }) => {
    const test = compileTextMatcher(data, { path, report, example: 'GET' });
    return test && { name: 'http_method', about: 'request', test };
  },
  http_path: (data, { path, report }) => {
    const test = compileTextMatcher(data, { path, report, example: '/admin' });
    return test && { name: 'http_path', about: 'request', test: (_, requested) => test(requested) };
  },
  date: (data, context) => timed('date', compileDate(data, context)),
  day_of_week: (data, context) => timed('day_of_week', compileDayOfWeek(data, context)),
  time_of_day: (data, context) => timed('time_of_day', compileTimeOfDay(data, context)),
  validity_left: (data, context) => timed('validity_left', compileValidityLeft(data, context)),
};

export const CRITERION_NAMES: readonly string[] = [...Object.keys(CRITERIA), ...CERTIFICATE_CRITERIA];

const LOGIN = 'is known from a login, and nobody logs in here: write';
const OF_LOGINS: Readonly<Record<string, string>> = {
  email: `${LOGIN} san_email`,
  domain: `${LOGIN} san_email: {ends_with: '@example.com'}`,
  user: `${LOGIN} subject: {uid: …} or san_upn`,
  groups: `${LOGIN} certificate_group, or subject: {ou: …}`,
  authenticated_user: `${LOGIN} accept, on a host that demands a certificate`,
  claim: `${LOGIN} a criterion of client_certificate`,
  device: `${LOGIN} client_certificate: {spki_hash: …}`,
  record: `${LOGIN} certificate_group`,
  cors_preflight:
    'is not offered: a preflight comes without a certificate; write allow_public_unauthenticated_access on a route of its own',
  pomerium_routes: 'is not offered: routes are the file',
  mcp_tool: 'is not offered: write http_path',
  ssh_publickey: 'is not offered: no SSH is spoken here',
  ssh_username: 'is not offered: no SSH is spoken here',
};

/** Undefined, and reported, when the name or the data is none. */
export function compileCriterion(
  name: string,
  data: unknown,
  context: CriterionContext,
): Criterion | undefined {
  const { path, report } = context;
  if (CERTIFICATE_CRITERIA.includes(name)) {
    const test = compileCertificateCriterion(name, data, path, report);
    return test && { name, about: 'certificate', test };
  }
  const compile = Object.hasOwn(CRITERIA, name) ? CRITERIA[name] : undefined;
  if (compile !== undefined) return compile(data, context);
  const login = OF_LOGINS[name.startsWith('claim/') ? 'claim' : name];
  const near = suggest(name, CRITERION_NAMES);
  report({
    path,
    message:
      login ??
      (near === undefined
        ? `is no criterion: those there are: ${CRITERION_NAMES.join(', ')}`
        : `is no criterion: did you mean ${near}?`),
  });
  return undefined;
}

function constant(
  name: 'accept' | 'reject',
  data: unknown,
  context: CriterionContext,
): Criterion | undefined {
  return isTrue(data, context) ? { name, about: 'connection', test: () => name === 'accept' } : undefined;
}

function isTrue(data: unknown, { path, report }: CriterionContext): boolean {
  if (data !== true) report({ path, message: 'expected true: there is nothing else to say about it' });
  return data === true;
}

function compileGroup(data: unknown, { path, report, groups }: CriterionContext): Criterion | undefined {
  const names = Array.isArray(data) ? data : [data];
  const tests = names.flatMap((name) => {
    const test = typeof name === 'string' ? groups.get(name) : undefined;
    if (test !== undefined) return [test];
    const near = typeof name === 'string' ? suggest(name, [...groups.keys()]) : undefined;
    report({
      path,
      message: `'${String(name)}' is no group${near === undefined ? ': define it under groups' : `: did you mean ${near}?`}`,
    });
    return [];
  });
  if (tests.length !== names.length || tests.length === 0) return undefined;
  return {
    name: 'certificate_group',
    about: 'certificate',
    test: (leaf) => tests.some((test) => test(leaf)),
  };
}

function compileSourceIp(data: unknown, { path, report }: CriterionContext): Criterion | undefined {
  const test = addressTest(Array.isArray(data) ? data : [data]);
  if (typeof test === 'string') {
    report({ path, message: test });
    return undefined;
  }
  return {
    name: 'source_ip',
    about: 'connection',
    test: ({ remoteAddress }) => isIP(remoteAddress) !== 0 && test(remoteAddress),
  };
}

function tlsVersionOf(text: string): string | undefined {
  return /^(?:TLSv)?(1\.[23])$/.exec(text)?.[1];
}

function compileTlsVersion(data: unknown, { path, report }: CriterionContext): Criterion | undefined {
  const matches = compileMatcher(data, { path, report, normalize: tlsVersionOf, example: '1.3' });
  return (
    matches && { name: 'tls_version', about: 'connection', test: ({ tlsVersion }) => matches([tlsVersion]) }
  );
}

function timed(name: string, compiled: ReturnType<typeof compileDate>): Criterion | undefined {
  return compiled && { name, about: 'time', ...compiled };
}
