// `npm run bench:policy`: what a policy of 50 rules costs a request, once its connection is known, and what it costs to
// get to know a connection. Prints nanoseconds, the median of several rounds.
import { parseCertificate } from '../src/pki/facts.ts';
import { issueClient, issueRoot } from '../src/pki/issue.ts';
import { compilePolicy, compileShared } from '../src/policy/compile.ts';
import { decide } from '../src/policy/decide.ts';
import type { PolicyRuleInput } from '../src/policy/policy.ts';

const RULES = 50;
const CALLS = 200_000;
const ROUNDS = 7;

/** Of every kind: half of them about the request too; the last one admits. */
function rules(): PolicyRuleInput[] {
  const made = Array.from({ length: RULES - 1 }, (_, index): PolicyRuleInput => {
    const path = { http_path: { starts_with: `/team-${index}/` } };
    const who = { client_certificate: { san_email: `user-${index}@example.com` } };
    if (index % 10 === 9) return { deny: { and: [path, { http_method: { in: ['PUT', 'DELETE'] } }] } };
    return index % 2 === 0
      ? { allow: { and: [who] } }
      : { allow: { and: [path, { source_ip: '192.0.2.0/24' }] } };
  });
  return [...made, { allow: { and: [{ http_path: { starts_with: '/app' } }] } }];
}

const connect = () => ({ remoteAddress: '192.0.2.1', tlsVersion: 'TLSv1.3', demandsCertificate: true });

async function main(): Promise<void> {
  const root = await issueRoot({ commonName: 'Bench', organization: 'Bench', days: 1 });
  const names = { email: ['alice@example.com'] };
  const { der } = await issueClient(root, { commonName: 'Alice', days: 1, names });
  const { shared } = compileShared(undefined, 'enforce', new Map());
  const { rule, issues } = compilePolicy({ policy: rules() }, shared);
  if (issues.length > 0) throw new Error(issues[0]?.message);
  const verdict = {
    ok: true,
    identity: { leaf: parseCertificate(der), chain: [] },
    until: Infinity,
    trustVersion: 1,
  } as const;
  const now = Date.now();
  const one = connect();
  const request = (connection: typeof one, path: string): boolean =>
    decide({ connection, verdict, rule, policyVersion: 1, method: 'GET', path, now }).ok;
  if (!request(one, '/app/x') || request(one, '/other'))
    throw new Error('the policy decides otherwise than it should');
  const perRequest = median(() => timed(CALLS, () => request(one, '/app/x')));
  const perConnection = median(() => timed(CALLS / 100, () => request(connect(), '/app/x')));
  console.log(`rules ${RULES}`);
  console.log(`request ${perRequest} ns`);
  console.log(`connection ${perConnection} ns`);
}

/** Nanoseconds a call. */
function timed(calls: number, call: () => boolean): number {
  const begun = process.hrtime.bigint();
  let admitted = 0;
  for (let index = 0; index < calls; index++) if (call()) admitted++;
  if (admitted !== calls) throw new Error('not everybody was admitted');
  return Math.round(Number(process.hrtime.bigint() - begun) / calls);
}

function median(measure: () => number): number {
  const figures = Array.from({ length: ROUNDS }, measure).toSorted((one, other) => one - other);
  return figures[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

await main();
