// Settings of DNS providers from the environment, under the names that acme.sh and lego use.
import { parseServer } from './rfc2136.ts';
import type { DnsProviderSettings } from './settings.ts';
import type { TsigKey } from './update-message.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** As `--dns` takes them; `dns_cf` and the like are acme.sh's names. */
const ALIASES: Readonly<Record<string, DnsProviderSettings['kind']>> = {
  dns_cf: 'cloudflare',
  dns_nsupdate: 'rfc2136',
  dns_acmedns: 'acme-dns',
};

const ALGORITHMS = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const;

/** Throws an Error that names the variables where one is missing. */
export function dnsFromEnvironment(name: string, env: Environment): DnsProviderSettings {
  const first = (...names: [string, ...string[]]): string | undefined =>
    names.map((one) => env[one]).find((value) => value !== undefined && value !== '');
  const needed = (...names: [string, ...string[]]): string => {
    const value = first(...names);
    if (value === undefined) throw new Error(`--dns ${name} needs ${names.join(' or ')} in the environment`);
    return value;
  };
  const kind = ALIASES[name] ?? name;
  switch (kind) {
    case 'cloudflare':
      return { kind, token: needed('CLOUDFLARE_DNS_API_TOKEN', 'CF_DNS_API_TOKEN', 'CF_Token') };
    case 'rfc2136': {
      const keyName = first('RFC2136_TSIG_KEY');
      const secret = keyName === undefined ? '' : needed('RFC2136_TSIG_SECRET');
      return {
        kind,
        ...parseServer(needed('RFC2136_NAMESERVER', 'NSUPDATE_SERVER')),
        zone: first('NSUPDATE_ZONE'),
        key:
          keyName === undefined
            ? undefined
            : {
                name: keyName,
                algorithm: algorithmOf(first('RFC2136_TSIG_ALGORITHM')),
                secret: Buffer.from(secret, 'base64'),
              },
      };
    }
    case 'acme-dns':
      return { kind, url: needed('ACME_DNS_API_BASE', 'ACMEDNS_BASE_URL') };
    case 'httpreq':
      return {
        kind,
        url: needed('HTTPREQ_ENDPOINT'),
        username: first('HTTPREQ_USERNAME'),
        password: first('HTTPREQ_PASSWORD'),
      };
    case 'exec':
      return { kind, command: needed('EXEC_PATH'), style: 'lego' };
    default:
      if (name.startsWith('dns_') || name.includes('/')) return { kind: 'exec', command: scriptOf(name), style: 'acme.sh' };
      throw new Error(
        `--dns ${name} is none of cloudflare, rfc2136, acme-dns, httpreq, exec, manual, or the path of a script of acme.sh`,
      );
  }
}

function scriptOf(name: string): string {
  if (name.includes('/')) return name;
  throw new Error(`--dns ${name}: give the path of acme.sh's script, such as ./dnsapi/${name}.sh`);
}

/** lego writes the algorithm with a dot at its end. */
function algorithmOf(text = 'hmac-sha256'): TsigKey['algorithm'] {
  const wanted = text.toLowerCase().replace(/\.$/, '');
  const algorithm = ALGORITHMS.find((one) => one === wanted);
  if (algorithm === undefined) throw new Error(`RFC2136_TSIG_ALGORITHM is none of ${ALGORITHMS.join(', ')}`);
  return algorithm;
}
