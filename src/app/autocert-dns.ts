// From `autocert_dns` to whoever puts records into DNS.
import { parseServer } from '../certs/acme/dns/rfc2136.ts';
import type { DnsChallengeSettings, DnsProviderSettings } from '../certs/acme/dns/settings.ts';
import type { Config } from '../config/schema.ts';
import type { Issue, IssuePath } from '../core/issue.ts';
import type { SettingFiles } from './setting-files.ts';

type DnsConfig = NonNullable<Config['autocert_dns']>;
type Secret = 'cloudflare_api_token' | 'rfc2136_key_secret' | 'httpreq_password';

/** Undefined without `autocert_dns`, or where it cannot be used. Faults are pushed onto `issues`. */
export async function autocertDns(
  config: DnsConfig | undefined,
  files: SettingFiles,
  issues: Issue[],
): Promise<DnsChallengeSettings | undefined> {
  if (config === undefined) return undefined;
  const provider = await providerSettings(config, files, issues);
  return provider && { provider, resolvers: config.resolvers, propagationMs: config.propagation_timeout };
}

async function providerSettings(
  config: DnsConfig,
  files: SettingFiles,
  issues: Issue[],
): Promise<DnsProviderSettings | undefined> {
  const secret = async (name: Secret): Promise<string | undefined> => {
    const file = config[`${name}_file`];
    return file === undefined ? config[name] : (await files.read(file, at(`${name}_file`)))?.trim();
  };
  switch (config.provider) {
    case 'cloudflare': {
      const token = await secret('cloudflare_api_token');
      return token === undefined ? undefined : { kind: 'cloudflare', token };
    }
    case 'rfc2136':
      return rfc2136(config, await secret('rfc2136_key_secret'), issues);
    case 'acme-dns':
      return { kind: 'acme-dns', url: config.acme_dns_url ?? '' };
    case 'httpreq':
      return {
        kind: 'httpreq',
        url: config.httpreq_url ?? '',
        username: config.httpreq_username,
        password: await secret('httpreq_password'),
      };
    case 'exec':
      return { kind: 'exec', command: config.exec_file ?? '', style: config.exec_style };
    default:
      return config.provider satisfies never;
  }
}

function rfc2136(
  config: DnsConfig,
  secretText: string | undefined,
  issues: Issue[],
): DnsProviderSettings | undefined {
  const { rfc2136_key_name: name, rfc2136_key_algorithm: algorithm } = config;
  const secret = Buffer.from(secretText ?? '', 'base64');
  if ((name === undefined) !== (secretText === undefined) || (name !== undefined && secret.length === 0)) {
    issues.push({
      path: at('rfc2136_key_secret'),
      message: 'a TSIG key is a name and a secret in base64: give both',
    });
    return undefined;
  }
  const key = name === undefined ? undefined : { name, algorithm, secret };
  return { kind: 'rfc2136', ...parseServer(config.rfc2136_server ?? ''), key, zone: config.rfc2136_zone };
}

const at = (name: string): IssuePath => ['autocert_dns', name];
