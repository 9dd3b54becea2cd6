// `npm run bench:handshake`: what it costs to judge a client's certificate that was never seen, and one that was, over as
// many distinct ones as the argument says (default 1,000). The rest of a handshake: `npm run bench:profile -- --mode full`.
import { issueClient, issueRoot } from '../src/pki/issue.ts';
import { compileTrust, type Trust } from '../src/pki/trust.ts';
import { VerdictCache } from '../src/pki/verdict-cache.ts';
import { median } from './run/summary.ts';

const ROUNDS = 5;
const [count = '1000'] = process.argv.slice(2);

const root = await issueRoot({ commonName: 'Bench', organization: 'Bench', days: 1 });
const now = Date.now();
const { trust } = compileTrust({ bundles: [root.certPem], version: 1, now, path: [] });
if (trust === undefined) throw new Error('the CA is not fit to be trusted');
const leaves: Buffer[] = [];
for (let i = 0; i < Number(count); i++) {
  const names = { email: [`user-${i}@example.com`] };
  leaves.push((await issueClient(root, { commonName: `User ${i}`, days: 1, names })).der);
}

/** Microseconds each. */
function judgeAll(cache: VerdictCache, trusted: Trust): number {
  const begun = performance.now();
  for (const leaf of leaves) {
    // What a handshake hands over is a copy of its own each time.
    const verdict = cache.judge({ leaf: Buffer.from(leaf), sent: [], openssl: 'ok', trust: trusted, now });
    if (!verdict.ok) throw new Error(verdict.reason);
  }
  return ((performance.now() - begun) * 1000) / leaves.length;
}

const cold: number[] = [];
const seen: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const cache = new VerdictCache();
  cold.push(judgeAll(cache, trust));
  seen.push(judgeAll(cache, trust));
}
console.log(`${leaves.length} distinct certificates`);
console.log(`never seen: ${median(cold).toFixed(1)} us each, the first round ${cold[0]?.toFixed(1)}`);
console.log(`seen before: ${median(seen).toFixed(1)} us each`);
