// The parts of an explanation that every kind of it has.
import { parseCertificate } from '../pki/facts.ts';
import type { CertificateFacts } from '../pki/identity.ts';
import type { Question } from '../policy/decide.ts';
import type { Rule } from '../policy/rule.ts';
import { traceDecision } from '../policy/trace.ts';
import type { ImaginedRequest } from './explain-request.ts';
import type { Answer, Explanation, ShownCertificate } from './explanation.ts';

const NOT_RUN = [
  'possession of the private key: only a handshake shows it',
  "OpenSSL's own view of the chain, name constraints above all",
  'rate limits, the health of the app, and what it answers',
];

/** An explanation of what never becomes a request. */
export const NOTHING = {
  admitted: false,
  host: null,
  verdict: null,
  routes: [],
  policy: null,
  forwarded: null,
};

export function aboutRequest(
  asked: ImaginedRequest,
): Pick<Explanation, 'request' | 'certificate' | 'not_run'> {
  const [leaf] = asked.certificates;
  return {
    request: {
      method: asked.method,
      url:
        asked.target === asked.authority
          ? `tcp+https://${asked.target}`
          : `https://${asked.authority}${asked.target}`,
      ip: asked.address,
      tls_version: asked.tlsVersion,
      at: isoText(asked.time),
    },
    certificate: leaf === undefined ? null : shownOf(leaf),
    not_run: NOT_RUN,
  };
}

function shownOf(der: Buffer): ShownCertificate | null {
  let facts: CertificateFacts;
  try {
    facts = parseCertificate(der);
  } catch {
    return null;
  }
  return {
    subject: facts.subject,
    issuer: facts.issuer,
    serial: facts.serial,
    fingerprint_sha256: facts.sha256,
    not_before: isoText(facts.notBefore),
    not_after: isoText(facts.notAfter),
    names: facts.names,
  };
}

export function closed(reason: string, detail: string): Answer {
  return { kind: 'closed', reason, detail };
}

/** `wouldDeny`: why a policy that is only watched would have refused. */
export function policyPart(
  question: Question & { readonly rule: Rule },
  wouldDeny: string | undefined,
): NonNullable<Explanation['policy']> {
  const { rule } = question;
  const mode = rule.kind === 'policy' ? rule.mode : null;
  return { kind: rule.kind, mode, would_deny: wouldDeny ?? null, blocks: traceDecision(question) };
}

export function isoText(time: number): string {
  return new Date(time).toISOString();
}
