// Who is connected, by the certificate that let them in. When trust changes, or a verdict's time is over, every
// certificate is judged again, once, and whoever it let in and does no more is shown out. What a proxy otherwise only
// finds out at the next handshake.
import type { Clock } from '../core/clock.ts';
import { SallyportError } from '../core/errors.ts';
import type { Observer } from '../core/observer.ts';
import { TimeSlices } from '../core/time-slices.ts';
import type { Verdict } from '../pki/identity.ts';
import type { ClientConnection } from './client-connection.ts';

/** A connection as the index sees it. */
export interface Revocable {
  /** Ends it; returns what it was doing. */
  revoke(error: SallyportError): 'idle' | 'in_flight' | 'tunnel';
}

/** One certificate in one TLS group. Its connections share one verdict. */
interface Entry {
  readonly members: Map<Revocable, ClientConnection>;
  /** Milliseconds since the epoch: when the verdict must be made anew. */
  until: number;
}

/** One certificate of those who are connected. */
export interface ClientView {
  readonly subject: string;
  readonly sha256: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  readonly connections: number;
}

/** How late the end of a certificate, or of a revocation list, may be noticed, milliseconds. */
const TICK_MS = 250;

export class LiveIndex {
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #entries = new Map<string, Entry>();
  #nextUntil = Infinity;
  #timer: NodeJS.Timeout | undefined;
  /** Of the walk that counts: an earlier one that is still under way gives up. */
  #walk = 0;

  constructor(clock: Clock, observer: Observer) {
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Distinct certificates. */
  get size(): number {
    return this.#entries.size;
  }

  /** Each certificate with its connections, in no order. */
  clients(): ClientView[] {
    const now = this.#clock.now();
    return Array.from(this.#entries.values(), ({ members }) => {
      const [first] = members.values();
      const verdict = first?.verdict(now);
      const leaf = verdict?.ok === true ? verdict.identity.leaf : undefined;
      return {
        subject: leaf?.subject ?? '',
        sha256: leaf?.sha256 ?? '',
        notAfter: leaf?.notAfter ?? 0,
        connections: members.size,
      };
    });
  }

  /** Takes in a connection whose certificate passed; any other is of no interest here. */
  add(connection: Revocable, client: ClientConnection): void {
    const verdict = client.verdict(this.#clock.now());
    if (verdict?.ok !== true) return;
    const key = keyOf(client.group, verdict);
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.members.set(connection, client);
    else this.#entries.set(key, { members: new Map([[connection, client]]), until: verdict.until });
    client.liveKey = key;
    this.#nextUntil = Math.min(this.#nextUntil, verdict.until);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  remove(connection: Revocable, { liveKey }: ClientConnection): void {
    const entry = liveKey === undefined ? undefined : this.#entries.get(liveKey);
    if (liveKey === undefined || entry === undefined) return;
    entry.members.delete(connection);
    if (entry.members.size > 0) return;
    this.#entries.delete(liveKey);
    if (this.#entries.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Judges every certificate again, in slices between which the event loop turns. Resolves when all is done. */
  async reexamine(): Promise<void> {
    await this.#reexamine(() => true);
  }

  #tick(): void {
    const now = this.#clock.now();
    if (now < this.#nextUntil) return;
    this.#nextUntil = Infinity;
    void this.#reexamine(({ until }) => until <= now);
  }

  async #reexamine(isDue: (entry: Entry) => boolean): Promise<void> {
    const walk = ++this.#walk;
    const slices = new TimeSlices();
    for (const entry of this.#entries.values()) {
      if (isDue(entry)) this.#examine(entry);
      this.#nextUntil = Math.min(this.#nextUntil, entry.until);
      if (!slices.isOver) continue;
      await slices.pause();
      if (walk !== this.#walk) return;
    }
  }

  #examine(entry: Entry): void {
    const now = this.#clock.now();
    const [first] = entry.members.values();
    const verdict = first?.verdict(now);
    if (verdict === undefined) return;
    entry.until = verdict.ok ? verdict.until : Infinity;
    if (verdict.ok) return;
    for (const [connection, client] of entry.members) {
      const error = new SallyportError('revoked', verdict.reason);
      this.#report(client, verdict, connection.revoke(error));
    }
  }

  #report(
    client: ClientConnection,
    verdict: Verdict & { ok: false },
    state: 'idle' | 'in_flight' | 'tunnel',
  ): void {
    this.#observer.revocation({
      time: this.#clock.now(),
      connectionId: client.id,
      remoteAddress: client.remoteAddress,
      sni: client.sni,
      subject: verdict.shown?.subject,
      serial: verdict.shown?.serial,
      sha256: verdict.shown?.sha256,
      cause: 'certificate',
      reason: verdict.reason,
      detail: verdict.detail ?? verdict.message,
      state,
    });
  }
}

function keyOf(group: string, { identity }: Verdict & { ok: true }): string {
  return `${group} ${identity.leaf.sha256}`;
}
