// Many deadlines, one timer: each holder says when it is due, one sweep a tick looks for those that are over. A timer
// a connection or a request would cost more than everything it guards.
import { type Clock, steadyClock } from './clock.ts';
import { Roster, type RosterMember } from './roster.ts';

export interface Deadline extends RosterMember {
  /** In terms of `Deadlines.now`; Infinity while nothing is due. */
  readonly dueAt: number;
  /** Called once the clock has passed `dueAt`; must move it, or be removed. */
  onDue(now: number): void;
}

export class Deadlines<Member extends Deadline = Deadline> {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #members = new Roster<Member>();
  #timer: NodeJS.Timeout | undefined;

  /** `tickMs` is how late a deadline may be noticed, default 100. */
  constructor(clock: Clock = steadyClock, tickMs = 100) {
    this.#clock = clock;
    this.#tickMs = tickMs;
  }

  /** The time that deadlines are counted in. */
  now(): number {
    return this.#clock.now();
  }

  get size(): number {
    return this.#members.size;
  }

  /** Those that are there now. */
  get members(): Member[] {
    return this.#members.toArray();
  }

  add(member: Member): void {
    this.#members.add(member);
    this.#timer ??= setInterval(() => this.sweep(), this.#tickMs).unref();
  }

  remove(member: Member): void {
    this.#members.delete(member);
  }

  /** Calls whatever is due now. The timer does so by itself. */
  sweep(): void {
    const now = this.#clock.now();
    this.#members.forEach((member) => {
      if (member.dueAt <= now) member.onDue(now);
    });
    // Not at the last `remove`: where one comes as the other goes, a timer each would be made.
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
