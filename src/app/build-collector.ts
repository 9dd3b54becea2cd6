// What the collector of traces is shown, and what it has to show.
import type { Config } from '../config/schema.ts';
import type { CollectorCredentials } from '../observe/collector.ts';
import { ownCredentials } from './own-credentials.ts';
import { type Given, type ProofsContext, UpstreamProofs } from './upstream-proofs.ts';

/** Undefined: nothing is exported. */
export async function collectorCredentials(
  config: Config,
  context: ProofsContext,
): Promise<CollectorCredentials | undefined> {
  if (config.otel_traces_exporter === 'none') return undefined;
  const proofs = new UpstreamProofs(context);
  const given = (name: 'certificate' | 'client_certificate' | 'client_key'): Given => {
    const setting = `otel_exporter_otlp_${name}_file` as const;
    return { text: undefined, file: config[setting], at: [setting] };
  };
  const trust = await proofs.trust(given('certificate'), 'replace');
  const identity = await proofs.identity(given('client_certificate'), given('client_key'));
  const own = await ownCredentials(config, context.files);
  return { ...own, ...identity, ...(trust !== undefined && { ca: [trust.pem] }) };
}
