// What upstream connections prove and demand: Sallyport's own certificate and the CAs of the apps, read from the files
// that settings name. Many routes name the same ones: each is read and judged once.
import type { Issue, IssuePath } from '../core/issue.ts';
import { SallyportError } from '../core/errors.ts';
import { parseCredential } from '../pki/credential.ts';
import { parsePem } from '../pki/pem.ts';
import type { ClientIdentity, UpstreamTrust } from '../upstream/pool-settings.ts';
import type { SettingFiles } from './setting-files.ts';

/** A setting in its two forms: written out, or as a path. */
export interface Given {
  readonly text: string | undefined;
  readonly file: string | undefined;
  /** Where it stands. */
  readonly at: IssuePath;
}

export class UpstreamProofs {
  readonly #files: SettingFiles;
  readonly #issues: Issue[];
  readonly #now: number;
  readonly #identities = new Map<string, ClientIdentity | undefined>();
  readonly #bundles = new Map<string, string | undefined>();

  /** Faults are pushed onto `issues`. `now` in milliseconds since the epoch. */
  constructor(files: SettingFiles, issues: Issue[], now: number) {
    this.#files = files;
    this.#issues = issues;
    this.#now = now;
  }

  /** Undefined where none is given, or with an issue. */
  async identity(cert: Given, key: Given): Promise<ClientIdentity | undefined> {
    const certPem = await this.#read(cert);
    const keyPem = await this.#read(key);
    if (certPem === undefined || keyPem === undefined) return undefined;
    const known = `${certPem}\n${keyPem}`;
    if (this.#identities.has(known)) return this.#identities.get(known);
    const { credential, problems } = parseCredential({ certPem, keyPem, now: this.#now });
    for (const { file, message, severity } of problems)
      this.#issues.push({ path: file === 'certificate' ? cert.at : key.at, message, severity });
    const identity = credential && { cert: credential.certPem, key: credential.keyPem };
    this.#identities.set(known, identity);
    return identity;
  }

  /** Undefined where none are given, or with an issue: a bundle without certificates trusts nobody by mistake. */
  async trust(given: Given, mode: UpstreamTrust['mode']): Promise<UpstreamTrust | undefined> {
    const text = await this.#read(given);
    if (text === undefined) return undefined;
    if (!this.#bundles.has(text)) {
      const fault = bundleFault(text);
      if (fault !== undefined) this.#issues.push({ path: given.at, message: fault });
      this.#bundles.set(text, fault);
    }
    return this.#bundles.get(text) === undefined ? { pem: text, mode } : undefined;
  }

  async #read({ text, file, at }: Given): Promise<string | undefined> {
    return file === undefined ? text : await this.#files.read(file, at);
  }
}

function bundleFault(text: string): string | undefined {
  try {
    const blocks = parsePem(text);
    if (blocks.every(({ label }) => label !== 'CERTIFICATE'))
      return 'there is no CA certificate in it: put at least one in, as PEM';
    return undefined;
  } catch (error) {
    if (error instanceof SallyportError) return error.context ?? error.message;
    throw error;
  }
}
