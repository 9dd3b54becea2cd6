// Objects that come and go by the thousand a second. Not a Set: whenever one of those grows or shrinks, V8 leaves the old
// table pointing at the new, and once a dead table is in the old generation every later one survives because of it,
// with all that was in the set at the time. Half of everything made for a request then outlives it.

/** In one roster at a time. */
export interface RosterMember {
  /** Its roster's; -1 while it is in none. */
  rosterIndex: number;
}

export class Roster<T extends RosterMember> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: T): void {
    if (member.rosterIndex !== -1) return;
    member.rosterIndex = this.#members.push(member) - 1;
  }

  delete(member: T): void {
    const index = member.rosterIndex;
    if (index === -1) return;
    member.rosterIndex = -1;
    const last = this.#members.pop();
    if (last === undefined || last === member) return;
    this.#members[index] = last;
    last.rosterIndex = index;
  }

  /** Each once, in no order; `visit` may add and delete whom it likes, and those added are not visited. */
  forEach(visit: (member: T) => void): void {
    for (const member of this.toArray()) if (member.rosterIndex !== -1) visit(member);
  }

  /** As of now. */
  toArray(): T[] {
    return [...this.#members];
  }
}
