// What becomes of a connection whose TLS does not end here.
import { type PassthroughRoute, passthroughQuestion } from '../pipeline/passthrough.ts';
import { decide } from '../policy/decide.ts';
import type { ImaginedRequest } from './explain-request.ts';
import { NOTHING, aboutRequest, closed, policyPart } from './explain-parts.ts';
import type { Explanation } from './explanation.ts';

export function explainPassthrough(
  route: PassthroughRoute,
  asked: ImaginedRequest,
  policyVersion: number,
): Explanation {
  const question = passthroughQuestion(route, asked.address, { policyVersion, now: asked.time });
  const decision = decide(question);
  return {
    ...NOTHING,
    ...aboutRequest(asked),
    admitted: decision.ok,
    answer: decision.ok
      ? { kind: 'passthrough', upstream: route.targets.map(({ name }) => name) }
      : closed(decision.reason, `by the policy of '${route.name}', where TLS passes through`),
    policy: policyPart(question, decision.ok ? decision.wouldDeny : undefined),
  };
}
