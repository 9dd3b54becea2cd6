// The keys of session tickets (RFC 5077 4): derived, so that every process with the same secret has the same ones without
// asking. They follow from what is trusted: a change of that makes every ticket before it worthless, because OpenSSL does
// not look at CAs again when it resumes (class of Envoy CVE-2022-21654). And from the time, so that a key that leaks opens
// half a day of TLS 1.2 at most.
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { trustFingerprint } from '../pki/same-trust.ts';
import type { Trust } from '../pki/trust.ts';
import type { TlsGroupSettings } from './tls-group.ts';

/** As Node takes it: name, HMAC key and AES key. */
const KEY_BYTES = 48;
const PERIOD_MS = 12 * 3_600_000;
/** Of trusts that were in force once; of those longer ago no ticket is alive. */
const MAX_LEFT = 1000;

export class TicketKeys {
  readonly #shared: Uint8Array;
  readonly #clock: Clock;
  /** Of this process, for sessions that no other may resume. */
  readonly #own = randomBytes(32);
  /** Periods begin at a time that is this secret's own: many installations do not all rotate at noon. */
  readonly #offsetMs: number;

  constructor(secret: Uint8Array, clock: Clock) {
    this.#shared = secret;
    this.#clock = clock;
    this.#offsetMs = createHmac('sha256', secret).update('offset').digest().readUInt32BE() % PERIOD_MS;
  }

  /** By the name of a group. */
  readonly #inForce = new Map<string, Trust | undefined>();
  /** How often a trust has gone out of force for a group: where it comes back, the tickets of then do not. */
  readonly #left = new Map<string, number>();

  /** Another number, and other keys, twice a day. */
  get period(): number {
    return Math.floor((this.#clock.now() + this.#offsetMs) / PERIOD_MS);
  }

  /** 48 bytes: those of a group once these settings are in force. */
  keysFor(settings: TlsGroupSettings): Buffer {
    const { name, trust, clientCertificate } = settings;
    // A resumed session shows the leaf alone: elsewhere nobody would know the chain that it needs.
    const isLeafEnough = trust === undefined || trust.maxVerifyDepth === 1;
    const secret = isLeafEnough ? this.#shared : this.#own;
    const place = placeOf(name, trust);
    const times = (this.#left.get(place) ?? 0) + (this.#leaves(settings) === place ? 1 : 0);
    const info = JSON.stringify([clientCertificate, this.period, times]);
    return Buffer.from(hkdfSync('sha256', secret, place, info, KEY_BYTES));
  }

  /** These settings are in force from now on. */
  enter(settings: TlsGroupSettings): void {
    const place = this.#leaves(settings);
    this.#inForce.set(settings.name, settings.trust);
    if (place === undefined) return;
    const times = (this.#left.get(place) ?? 0) + 1;
    this.#left.delete(place);
    this.#left.set(place, times);
    if (this.#left.size <= MAX_LEFT) return;
    const [oldest] = this.#left.keys();
    if (oldest !== undefined) this.#left.delete(oldest);
  }

  /** The place of the trust that these settings put out of force. */
  #leaves({ name, trust }: TlsGroupSettings): string | undefined {
    const before = this.#inForce.get(name);
    const isKept = !this.#inForce.has(name) || before?.version === trust?.version;
    return isKept ? undefined : placeOf(name, before);
  }
}

function placeOf(name: string, trust: Trust | undefined): string {
  return `${name} ${trust === undefined ? '' : trustFingerprint(trust)}`;
}
