// The certificates that ACME servers have given, as they are kept: key and chain in one file, so that the two can never
// be of different renewals.
import { createHash } from 'node:crypto';
import { type Credential, parseCredential } from '../../pki/credential.ts';
import type { Storage, StorageKey } from '../storage/storage.ts';
import { type AcmeSettings, type CertificateOrder, serverFolder } from './settings.ts';

export type KeptSettings = Pick<AcmeSettings, 'directoryUrl'>;

/** Changes whenever a certificate does: what others look at to see whether there is something new. */
const REVISION: StorageKey = 'certificates/revision';

export class KeptCertificates {
  readonly #storage: Storage;
  readonly #copies: Storage | undefined;
  /** By key and content, so that the same is not read twice. */
  readonly #parsed = new Map<string, Credential | undefined>();
  /** By key: what was read last, for as long as the storage cannot be. */
  readonly #last = new Map<StorageKey, string | undefined>();

  /** `copies`: where they are also kept, and read from where the storage is away at the start. */
  constructor(storage: Storage, copies?: Storage) {
    this.#storage = storage;
    this.#copies = copies;
  }

  /** Undefined where there is none that can be used. */
  async get(settings: KeptSettings, order: CertificateOrder, now: number): Promise<Credential | undefined> {
    return (await this.getAll(settings, [order], now))[0];
  }

  /** Those that there are, in the order of the orders. */
  async getAll(
    settings: KeptSettings,
    orders: readonly CertificateOrder[],
    now: number,
  ): Promise<Credential[]> {
    const found: Credential[] = [];
    for (const order of orders) {
      const key = keyOf(settings, order);
      const pem = await this.#read(key);
      const credential = pem === undefined ? undefined : this.#parse(key, pem, now);
      if (credential !== undefined && order.names.every((name) => credential.names.includes(name)))
        found.push(credential);
    }
    return found;
  }

  /** `pem` is the key and the chain, leaf first. */
  async keep(settings: KeptSettings, order: CertificateOrder, pem: string): Promise<void> {
    await this.#storage.write(keyOf(settings, order), pem);
    await this.#storage.write(REVISION, createHash('sha256').update(pem).digest('hex'));
  }

  /** Differs from the one before where something has been kept since. */
  async revision(): Promise<string> {
    return (await this.#storage.read(REVISION))?.toString('latin1') ?? '';
  }

  async #read(key: StorageKey): Promise<string | undefined> {
    const before = this.#last.get(key);
    try {
      const pem = (await this.#storage.read(key))?.toString('utf8');
      this.#last.set(key, pem);
      // A copy that cannot be written is missed when it is needed, and no sooner.
      if (pem !== undefined && pem !== before) await this.#copies?.write(key, pem).catch(() => {});
    } catch {
      // Whoever writes, or looks for the revision, hears why.
      if (before === undefined) this.#last.set(key, await this.#readCopy(key));
    }
    return this.#last.get(key);
  }

  async #readCopy(key: StorageKey): Promise<string | undefined> {
    return (await this.#copies?.read(key).catch(() => undefined))?.toString('utf8');
  }

  #parse(key: StorageKey, pem: string, now: number): Credential | undefined {
    const id = `${key} ${createHash('sha256').update(pem).digest('hex')}`;
    if (this.#parsed.has(id)) return this.#parsed.get(id);
    const { credential } = parseCredential({ certPem: pem, keyPem: pem, now });
    for (const known of this.#parsed.keys()) if (known.startsWith(`${key} `)) this.#parsed.delete(known);
    this.#parsed.set(id, credential);
    return credential;
  }
}

function keyOf(settings: KeptSettings, { name }: CertificateOrder): StorageKey {
  return `certificates/${serverFolder(settings)}/${name}.pem`;
}
