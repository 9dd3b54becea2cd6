// What is to be said about revocation lists when they are loaded: lists that nobody of the bundle signed, CAs without a
// list, lists that are late or soon will be.
import type { Issue, IssuePath } from '../core/issue.ts';
import { type CrlHealth, crlHealth } from '../pki/crl-health.ts';
import { nameKey } from '../pki/name-key.ts';
import type { Trust } from '../pki/trust.ts';
import type { NamedCrl } from './build-trust.ts';

/** `path`: where the settings of the trust stand. A list that can serve nobody is an error; the rest are warnings. */
export function listIssues(lists: readonly NamedCrl[], trust: Trust, path: IssuePath, now: number): Issue[] {
  const issues: Issue[] = [];
  for (const { crl, at } of lists) {
    const namesakes = trust.anchors.filter((anchor) => anchor.nameKey === nameKey(crl.issuer));
    const isSigned = namesakes.some(({ facts, publicKey }) => crl.isSignedBy(publicKey, facts.spkiSha256));
    if (isSigned) continue;
    if (namesakes.length > 0)
      issues.push({
        path: at,
        message: `the list of '${crl.issuer}' is not signed by its key: it is a forgery, or of another CA of that name`,
      });
    else if (trust.maxVerifyDepth === 1)
      issues.push({
        path: at,
        message: `the list of '${crl.issuer}' concerns no CA of the bundle: nothing is looked up in it`,
        severity: 'warning',
      });
  }
  for (const { facts, publicKey, nameKey: name } of trust.anchors)
    if (!lists.some(({ crl }) => nameKey(crl.issuer) === name && crl.isSignedBy(publicKey, facts.spkiSha256)))
      issues.push({
        path: [...path, 'crl_file'],
        message: `there is no revocation list of the CA '${facts.subject}': nobody whom it issued a certificate is admitted (crl_missing)`,
        severity: 'warning',
      });
  if (trust.revocation !== undefined)
    for (const health of crlHealth(trust.revocation, now)) {
      const message = healthText(health);
      if (message !== undefined) issues.push({ path: [...path, 'crl_file'], message, severity: 'warning' });
    }
  return issues;
}

/** One sentence about a list that needs attention; undefined: it does not. */
export function healthText({ crl, state, goodUntil }: CrlHealth): string | undefined {
  const due = crl.nextUpdate === undefined ? 'never' : new Date(crl.nextUpdate).toISOString();
  const list = `the revocation list of '${crl.issuer}'`;
  if (state === 'stale')
    return `${list} was due ${due} and is good no more: nobody of that CA is admitted (crl_stale)`;
  if (state === 'late')
    return Number.isFinite(goodUntil)
      ? `${list} was due ${due}: from ${new Date(goodUntil).toISOString()} nobody of that CA is admitted`
      : `${list} was due ${due}: certificates revoked since then are admitted (crl_freshness: ignore)`;
  if (state === 'due_soon') return `${list} is due ${due}: load the next one before`;
  return state === 'future'
    ? `${list} is not in force before ${new Date(crl.thisUpdate).toISOString()}`
    : undefined;
}
