// Who puts records into DNS, and how it is seen that they are there.
import type { Storage } from '../../storage/storage.ts';
import { AcmeDnsProvider } from './acme-dns.ts';
import { CloudflareProvider } from './cloudflare.ts';
import { type ExecSettings, ExecProvider } from './exec.ts';
import { type HttpreqSettings, HttpreqProvider } from './httpreq.ts';
import type { DnsProvider } from './provider.ts';
import type { DnsSettings } from './solver.ts';
import { type Rfc2136Settings, Rfc2136Provider } from './rfc2136.ts';

export type DnsProviderSettings =
  | { readonly kind: 'cloudflare'; readonly token: string }
  | ({ readonly kind: 'rfc2136' } & Rfc2136Settings)
  | { readonly kind: 'acme-dns'; readonly url: string }
  | ({ readonly kind: 'httpreq' } & HttpreqSettings)
  | ({ readonly kind: 'exec' } & ExecSettings);

export interface DnsChallengeSettings extends DnsSettings {
  readonly provider: DnsProviderSettings;
}

/** What has to be remembered is kept in the storage. */
export function dnsProvider(settings: DnsProviderSettings, storage: Storage): DnsProvider {
  switch (settings.kind) {
    case 'cloudflare':
      return new CloudflareProvider(settings.token);
    case 'rfc2136':
      return new Rfc2136Provider(settings);
    case 'acme-dns':
      return new AcmeDnsProvider(settings.url, storage);
    case 'httpreq':
      return new HttpreqProvider(settings);
    case 'exec':
      return new ExecProvider(settings);
    default:
      return settings satisfies never;
  }
}
