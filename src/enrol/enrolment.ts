// Gives client certificates of the CA for people: a first one for an invitation, a next one for the one before. Which
// names it has is never for the request to say: they are those of the invitation, or of the certificate that is renewed.
import { X509Certificate } from 'node:crypto';
import { issueNoted } from '../certs/ca-record.ts';
import { readRoot } from '../certs/dev-issue.ts';
import { LEAF_ORGANIZATION } from '../certs/dev-leaves.ts';
import { type Redeemed, isOpen, redeem } from '../certs/invitations.ts';
import { type CertificateRequest, readRequest } from '../pki/csr.ts';
import { parseCertificate } from '../pki/facts.ts';
import type { CertificateFacts, SubjectAltNames } from '../pki/identity.ts';
import { type Certified, certifyClient } from '../pki/issue.ts';
import { EnrolFault } from './enrol-fault.ts';
import { EnrolLimits } from './limits.ts';

export interface EnrolmentSettings {
  /** Where the development CAs are. */
  readonly caDir: string;
  /** Of a certificate, milliseconds. */
  readonly lifetimeMs: number;
}

export interface Asked {
  /** The request for a certificate: PKCS #10 in DER or PEM. */
  readonly csr: Buffer;
  readonly remoteAddress: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface Wanted {
  readonly commonName: string;
  readonly names: Partial<SubjectAltNames>;
}

const KINDS = ['dns', 'email', 'uri', 'ip', 'upn'] as const;
const DAY_MS = 86_400_000;

export class Enrolment {
  readonly #settings: EnrolmentSettings;
  readonly #limits = new EnrolLimits();
  /** The last certificate of this process: they queue here, where waiting costs nothing, and not at the lock. */
  #lastIssue: Promise<unknown> = Promise.resolve();

  constructor(settings: EnrolmentSettings) {
    this.#settings = settings;
  }

  /** For an invitation, which is then used up. Throws an EnrolFault. */
  async first(token: string, { csr, remoteAddress, now }: Asked): Promise<CertificateFacts> {
    const { caDir } = this.#settings;
    await this.#limits.mayTry(remoteAddress);
    // Before anything costly, and without the lock: strangers wait for nobody and nobody waits for them.
    if (!(await isOpen(caDir, token, now))) {
      await this.#limits.noteWrongToken(remoteAddress);
      throw new EnrolFault('invitation_unknown');
    }
    const request = await readable(csr);
    let invited: Redeemed | undefined;
    try {
      return await this.#issue(now, async () => {
        invited = await redeem(caDir, token, now);
        if (invited === undefined) throw new EnrolFault('invitation_unknown');
        return await this.#certify(request, invited, now);
      });
    } catch (fault) {
      await invited?.restore();
      throw fault;
    }
  }

  /** For a certificate that was given here and still counts. Throws an EnrolFault. */
  async next(current: CertificateFacts, { csr, now }: Asked): Promise<CertificateFacts> {
    if (!(await this.gave(current, now))) throw new EnrolFault('certificate_not_ours');
    const request = await readable(csr);
    await this.#limits.takeCertificate(
      [current.subject, ...KINDS.flatMap((kind) => current.names[kind])].join(' '),
    );
    return await this.#issue(now, async (entries) => {
      const entry = entries.find(({ root, serial }) => root === 'client-ca' && serial === current.serial);
      if (entry?.revokedAt !== undefined) throw new EnrolFault('certificate_revoked');
      return await this.#certify(request, current, now);
    });
  }

  /** Whether it is of the CA that signs here. */
  async gave({ der }: CertificateFacts, now: number): Promise<boolean> {
    const shown = new X509Certificate(der);
    const issuer = new X509Certificate((await this.#readCa(now)).certPem);
    return shown.checkIssued(issuer) && shown.verify(issuer.publicKey);
  }

  /** The CA that signs, and the one for servers where there is one, DER. */
  async authorities(now: number): Promise<Buffer[]> {
    const { caDir: folder } = this.#settings;
    const servers = await readRoot('ca', { folder, now }).catch(() => undefined);
    const all = [await this.#readCa(now), ...(servers === undefined ? [] : [servers])];
    return all.map(({ certPem }) => new X509Certificate(certPem).raw);
  }

  #readCa(now: number): ReturnType<typeof readRoot> {
    return readRoot('client-ca', { folder: this.#settings.caDir, now });
  }

  async #issue(now: number, make: Parameters<typeof issueNoted<Certified>>[3]): Promise<CertificateFacts> {
    const turn = this.#lastIssue.then(() => issueNoted(this.#settings.caDir, 'client-ca', now, make));
    this.#lastIssue = turn.catch(() => {});
    return parseCertificate((await turn).der);
  }

  async #certify(
    request: CertificateRequest,
    { commonName, names }: Wanted,
    now: number,
  ): Promise<Certified> {
    const others = KINDS.flatMap((kind) => without(request.names[kind], names[kind] ?? []));
    if (others.length > 0) throw new EnrolFault('names_not_allowed', others.join(', '));
    return await certifyClient(await this.#readCa(now), request.spki, {
      commonName,
      organization: LEAF_ORGANIZATION,
      days: this.#settings.lifetimeMs / DAY_MS,
      now,
      names,
    });
  }
}

async function readable(csr: Buffer): Promise<CertificateRequest> {
  try {
    return await readRequest(csr);
  } catch (error) {
    throw new EnrolFault('request_malformed', error instanceof Error ? error.message : undefined);
  }
}

function without(asked: readonly string[], allowed: readonly string[]): string[] {
  const known = new Set(allowed.map((name) => name.toLowerCase()));
  return asked.filter((name) => !known.has(name.toLowerCase()));
}
