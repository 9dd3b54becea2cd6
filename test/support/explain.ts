// What `explain` says of a request under a configuration.
import { objectSource } from '../../src/app/config-source.ts';
import { ConfigError } from '../../src/app/config-error.ts';
import { explain } from '../../src/app/explain.ts';
import { type ExplainWords, readExplainWords } from '../../src/app/explain-request.ts';
import type { Explanation } from '../../src/app/explanation.ts';
import { prepare } from '../../src/app/prepare.ts';
import { OcspAnswers } from '../../src/certs/ocsp-answers.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { systemClock } from '../../src/core/clock.ts';
import { UpstreamRegistry } from '../../src/upstream/registry.ts';

export async function explanationOf(config: ConfigInput, words: ExplainWords): Promise<Explanation> {
  const registry = new UpstreamRegistry();
  const now = Date.now();
  const { prepared, problems } = await prepare(objectSource(config, {}), {
    registry,
    now,
    previous: undefined,
    renewals: { ocsp: new OcspAnswers(systemClock) },
  });
  if (prepared === undefined) throw new ConfigError(problems);
  const explanation = await explain(prepared.build, readExplainWords(words, now));
  await registry.close(0);
  return explanation;
}

/** The leaf and what is sent after it, as a file of PEM has them. */
export function certificateFile(...chain: readonly { readonly certPem: string }[]): Buffer {
  return Buffer.from(chain.map(({ certPem }) => certPem).join(''));
}
