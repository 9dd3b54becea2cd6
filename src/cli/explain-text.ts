// An explanation as people read it in a terminal.
import type { Answer, Explanation } from '../app/explanation.ts';

const YES = '✓';
const NO = '✗';
const OPEN = '·';

const STANDINGS: Readonly<Record<Explanation['routes'][number]['standing'], string>> = {
  taken: 'takes the request',
  other_path: 'wants another path',
  other_port: 'is for another port',
  bad_path: 'would take it, but not a path that can be read in two ways',
  later: 'comes after the one that takes it',
  less_specific: 'names the host less exactly than another',
};

/** Several lines, without a last line break. */
export function explanationText(explanation: Explanation): string {
  const { request, answer, admitted } = explanation;
  const lines = [
    `${admitted ? YES : NO} ${request.method} ${request.url}`,
    `  ${answerText(answer)}`,
    '',
    `from ${request.ip} by ${request.tls_version} at ${request.at}`,
    ...hostLines(explanation),
    ...certificateLines(explanation),
    ...routeLines(explanation),
    ...policyLines(explanation),
    ...forwardedLines(explanation),
    '',
    'Not run, since only a live request can show it:',
    ...explanation.not_run.map((text) => `  ${text}`),
  ];
  return lines.join('\n');
}

function answerText(answer: Answer): string {
  switch (answer.kind) {
    case 'refused': {
      const { status, code, reason, detail, message } = answer;
      const cause = reason === null ? code : `${code}, ${reason}`;
      return `refused with ${status} (${cause})${suffix(detail)}${suffix(message)}`;
    }
    case 'closed':
      return `no answer: the connection is closed (${answer.reason})${suffix(answer.detail)}`;
    case 'forwarded':
      return `forwarded to ${answer.upstream.join(' or ')}`;
    case 'tunnel':
      return `a tunnel to ${answer.upstream.join(' or ')}`;
    case 'passthrough':
      return `passed through to ${answer.upstream.join(' or ')}, where TLS ends`;
    case 'redirect':
      return `redirected with ${answer.status} to ${answer.location}`;
    case 'response':
      return `answered with ${answer.status}, as the route says`;
    case 'enrol':
      return 'answered by Sallyport itself, which gives client certificates there (enrol)';
    case 'keys':
      return 'answered with the public keys of assertions';
    default:
      return answer satisfies never;
  }
}

function suffix(text: string | null): string {
  return text === null || text === '' ? '' : `: ${text}`;
}

function hostLines({ host }: Explanation): string[] {
  if (host === null) return [];
  return [
    '',
    'Host',
    `  client certificate: ${host.client_certificate}; ${host.tls_min_version} or later; TLS group '${host.tls_group}'`,
    `  the edge shows '${host.shown}'`,
  ];
}

function certificateLines({ certificate, verdict }: Explanation): string[] {
  const shown =
    certificate === null
      ? '  none, or none that can be read'
      : `  '${certificate.subject}', serial ${certificate.serial}, until ${certificate.not_after}`;
  const lines = ['', 'Certificate', shown];
  if (verdict === null) return [...lines, `  ${OPEN} is not asked for`];
  const marks = { passed: YES, failed: NO, not_run: OPEN };
  for (const { check, result, detail } of verdict.steps)
    lines.push(`  ${marks[result]} ${check.padEnd(20)} ${detail}`.trimEnd());
  if (verdict.ok && verdict.until !== null) lines.push(`  good until ${verdict.until}`);
  return lines;
}

function routeLines({ routes }: Explanation): string[] {
  if (routes.length === 0)
    return ['', 'Routes', '  none names this host, or the path is refused as it stands'];
  return [
    '',
    'Routes',
    ...routes.map(
      ({ index, id, name, standing }) =>
        `  ${standing === 'taken' ? YES : NO} routes[${index}] ${id}${name === id ? '' : ` '${name}'`}: ${STANDINGS[standing]}`,
    ),
  ];
}

const KINDS = {
  vouched: 'no policy: whoever shows a certificate that passes',
  public: 'public: whoever the edge lets in',
  closed: 'closed: nobody',
} as const;

function policyLines({ policy }: Explanation): string[] {
  if (policy === null) return [];
  const lines = ['', 'Policy'];
  if (policy.kind !== 'policy') return [...lines, `  ${KINDS[policy.kind]}`];
  for (const { place, action, holds, criteria } of policy.blocks) {
    const effect = action === 'allow' ? 'allows' : 'denies';
    lines.push(
      `  ${holds ? (action === 'allow' ? YES : NO) : OPEN} ${place} ${holds ? effect : `${effect} not`}`,
    );
    for (const one of criteria)
      lines.push(`      ${one.holds ? YES : OPEN} ${one.name.padEnd(28)} ${one.place}`);
  }
  if (policy.mode === 'audit')
    lines.push(
      `  only watched (policy_mode: audit)${policy.would_deny === null ? '' : `, would deny: ${policy.would_deny}`}`,
    );
  return lines;
}

function forwardedLines({ forwarded }: Explanation): string[] {
  if (forwarded === null) return [];
  const { method, target, headers, assertion } = forwarded;
  return [
    '',
    'The app gets, beside what the client sends itself,',
    `  ${method} ${target}`,
    ...headers.map(([name, value]) => `  ${name}: ${value}`),
    ...(assertion === null
      ? []
      : [`  ${assertion.header}: a signed token of ${JSON.stringify(assertion.claims)}`]),
  ];
}
