import t from 'tap';
import { Roster, type RosterMember } from '../../../src/core/roster.ts';

class Member implements RosterMember {
  rosterIndex = -1;
}

t.test('members come and go in any order', async (t) => {
  const roster = new Roster<Member>();
  const members = Array.from({ length: 100 }, () => new Member());
  for (const member of members) roster.add(member);
  for (const member of members) roster.add(member);
  t.equal(roster.size, 100, 'each once');
  const gone = members.filter((_, index) => index % 3 === 0);
  for (const member of gone.toReversed()) roster.delete(member);
  for (const member of gone) roster.delete(member);
  t.strictSame(new Set(roster.toArray()), new Set(members.filter((member) => !gone.includes(member))));
  for (const member of members) roster.delete(member);
  t.equal(roster.size, 0);
});

t.test('a visit may take others out, and they are not visited then', async (t) => {
  const roster = new Roster<Member>();
  const members = Array.from({ length: 10 }, () => new Member());
  for (const member of members) roster.add(member);
  let visits = 0;
  roster.forEach((member) => {
    visits++;
    for (const other of members) if (other !== member) roster.delete(other);
    roster.add(new Member());
  });
  t.equal(visits, 1);
  t.equal(roster.size, 2);
});
