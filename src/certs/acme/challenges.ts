// Answers to challenges, kept in the storage for as long as the server may ask: it may ask any process, or machine, that
// shares it. What is asked for comes from strangers.
import type { Hostname } from '../../core/hostname.ts';
import type { KeyPair } from '../../pki/issue-certificate.ts';
import type { Storage, StorageKey } from '../storage/storage.ts';
import type { ChallengeType } from './settings.ts';

export interface ChallengeAnswer {
  readonly type: ChallengeType;
  /** Without `*.`. */
  readonly host: string;
  readonly token: string;
  readonly keyAuthorization: string;
}

/** Makes answers visible to the server. */
export interface ChallengeSolver {
  /** Resolves once it can be seen; what it returns takes it away, and never throws. */
  present(answer: ChallengeAnswer, signal: AbortSignal): Promise<() => Promise<void>>;
}

/** RFC 8555 8.1: base64url; theirs have 43 characters. */
const TOKEN = /^[A-Za-z0-9_-]{16,128}$/;
const MAX_KEPT_CERTIFICATES = 100;

export class StoredChallenges implements ChallengeSolver {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async present({ type, host, token, keyAuthorization }: ChallengeAnswer): Promise<() => Promise<void>> {
    if (type === 'dns-01') throw new Error('dns-01 is answered by the name server');
    if (!TOKEN.test(token)) throw new Error('the token of the challenge is not one');
    const key = type === 'http-01' ? tokenKey(token) : hostKey(host);
    await this.#storage.write(key, keyAuthorization);
    return async () => {
      await this.#storage.remove(key).catch(() => {});
    };
  }
}

/** For those whom the server asks. */
export class ChallengeAnswers {
  readonly #storage: Storage;
  readonly #certificates = new Map<string, Promise<KeyPair>>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** What to answer under `/.well-known/acme-challenge/`; undefined: nothing is known of such a token. */
  async forToken(token: string): Promise<string | undefined> {
    if (!TOKEN.test(token)) return undefined;
    return (await this.#storage.read(tokenKey(token)))?.toString('latin1');
  }

  /** What to show to a client that speaks `acme-tls/1`; undefined: the host is not being validated. */
  async forHost(host: Hostname, now: number): Promise<KeyPair | undefined> {
    const answer = (await this.#storage.read(hostKey(host)))?.toString('latin1');
    if (answer === undefined) return undefined;
    const id = `${host} ${answer}`;
    let certificate = this.#certificates.get(id);
    if (certificate === undefined) {
      if (this.#certificates.size >= MAX_KEPT_CERTIFICATES) this.#certificates.clear();
      certificate = import('../../pki/alpn-challenge.ts').then(
        async ({ issueAlpnChallenge }) => await issueAlpnChallenge(host, answer, now),
      );
      this.#certificates.set(id, certificate);
    }
    return await certificate;
  }
}

const tokenKey = (token: string): StorageKey => `challenges/http-01/${token}`;

/** Normal form has no colon but in addresses, which are not validated so. */
const hostKey = (host: string): StorageKey => `challenges/tls-alpn-01/${host.replaceAll(':', '_')}`;
