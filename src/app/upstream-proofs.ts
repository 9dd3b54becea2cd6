// What upstream connections prove and demand: Sallyport's own certificate and the CAs of the apps, read from the files
// that settings name. Many routes name the same ones: each is read and judged once.
import type { Issue, IssuePath } from '../core/issue.ts';
import { SallyportError } from '../core/errors.ts';
import { parseCertificate } from '../pki/facts.ts';
import { parseCredential } from '../pki/credential.ts';
import { parsePem } from '../pki/pem.ts';
import type { ClientIdentity, UpstreamTrust } from '../upstream/pool-settings.ts';
import type { Inventory } from './inventory.ts';
import type { SettingFiles } from './setting-files.ts';

/** A setting in its two forms: written out, or as a path. */
export interface Given {
  readonly text: string | undefined;
  readonly file: string | undefined;
  /** Where it stands. */
  readonly at: IssuePath;
}

export interface ProofsContext {
  readonly files: SettingFiles;
  /** Faults are pushed here. */
  readonly issues: Issue[];
  readonly inventory: Inventory;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export class UpstreamProofs {
  readonly #context: ProofsContext;
  readonly #identities = new Map<string, ClientIdentity | undefined>();
  readonly #bundles = new Map<string, string | undefined>();

  constructor(context: ProofsContext) {
    this.#context = context;
  }

  /** Undefined where none is given, or with an issue. */
  async identity(cert: Given, key: Given): Promise<ClientIdentity | undefined> {
    const certPem = await this.#read(cert);
    const keyPem = await this.#read(key);
    if (certPem === undefined || keyPem === undefined) return undefined;
    const known = `${certPem}\n${keyPem}`;
    if (this.#identities.has(known)) return this.#identities.get(known);
    const { credential, problems } = parseCredential({ certPem, keyPem, now: this.#context.now });
    for (const { file, message, severity } of problems)
      this.#context.issues.push({ path: file === 'certificate' ? cert.at : key.at, message, severity });
    for (const facts of credential === undefined ? [] : [credential.leaf, ...credential.chain])
      this.#context.inventory.note('upstream_identity', cert.at, facts);
    const identity = credential && { cert: credential.certPem, key: credential.keyPem };
    this.#identities.set(known, identity);
    return identity;
  }

  /** Undefined where none are given, or with an issue: a bundle without certificates trusts nobody by mistake. */
  async trust(given: Given, mode: UpstreamTrust['mode']): Promise<UpstreamTrust | undefined> {
    const text = await this.#read(given);
    if (text === undefined) return undefined;
    if (!this.#bundles.has(text)) {
      const fault = this.#noteBundle(text, given.at);
      if (fault !== undefined) this.#context.issues.push({ path: given.at, message: fault });
      this.#bundles.set(text, fault);
    }
    return this.#bundles.get(text) === undefined ? { pem: text, mode } : undefined;
  }

  /** What is wrong with it, if anything is. */
  #noteBundle(text: string, at: IssuePath): string | undefined {
    try {
      const certificates = parsePem(text).filter(({ label }) => label === 'CERTIFICATE');
      for (const { der } of certificates) this.#noteCa(der, at);
      return certificates.length === 0
        ? 'there is no CA certificate in it: put at least one in, as PEM'
        : undefined;
    } catch (error) {
      if (error instanceof SallyportError) return error.context ?? error.message;
      throw error;
    }
  }

  /** A root that is too odd to be read here may be good enough for OpenSSL. */
  #noteCa(der: Buffer, at: IssuePath): void {
    try {
      this.#context.inventory.note('upstream_ca', at, parseCertificate(der));
    } catch {
      // Whether it will do shows in the handshake.
    }
  }

  async #read({ text, file, at }: Given): Promise<string | undefined> {
    return file === undefined ? text : await this.#context.files.read(file, at);
  }
}
