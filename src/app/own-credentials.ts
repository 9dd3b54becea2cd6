// What a service beside the apps is shown, such as a Redis, and what it has to show.
import { getCACertificates } from 'node:tls';
import type { Config } from '../config/schema.ts';
import type { IssuePath } from '../core/issue.ts';
import type { SettingFiles } from './setting-files.ts';

/** PEM. */
export interface OwnCredentials {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Undefined: those of the system. */
  readonly ca: readonly string[] | undefined;
}

/** What is shown to apps is shown to it, and what vouches for apps vouches for it. */
export async function ownCredentials(config: Config, files: SettingFiles): Promise<OwnCredentials> {
  const { cert, key, cert_file: certFile, key_file: keyFile } = config.upstream_mtls;
  const { certificate_authority: ca, certificate_authority_file: caFile } = config;
  const read = async (file: string | undefined, inline: string | undefined, at: IssuePath) =>
    file === undefined ? inline : await files.read(file, at);
  const ownCa = await read(caFile, ca, ['certificate_authority_file']);
  return {
    cert: await read(certFile, cert, ['upstream_mtls', 'cert_file']),
    key: await read(keyFile, key, ['upstream_mtls', 'key_file']),
    ca: ownCa === undefined ? undefined : [...getCACertificates('default'), ownCa],
  };
}
