// The cast: people with certificates of one CA, each with connections of every use.
import { parseCertificate } from '../../src/pki/facts.ts';
import { issueClient } from '../../src/pki/issue.ts';
import type { KeyPair } from '../../src/pki/issue-certificate.ts';
import type { Person } from './messages.ts';

/** Every so many of them also hold a WebSocket and a download. */
const BUSY_EVERY = 25;

export interface Cast {
  readonly people: readonly Person[];
  /** Whose certificate is to be revoked: one who holds connections of every use. */
  readonly target: Person;
  /** Of the target's certificate. */
  readonly serial: string;
}

/** `connections` in all, spread evenly; each person has at least three. */
export async function makeCast(ca: KeyPair, count: number, connections: number): Promise<Cast> {
  const people: Person[] = [];
  let serial = '';
  const targetIndex = Math.floor(count / 2 / BUSY_EVERY) * BUSY_EVERY;
  for (let index = 0; index < count; index++) {
    const name = `person-${String(index).padStart(4, '0')}`;
    const issued = await issueClient(ca, {
      commonName: name,
      days: 1,
      names: { email: [`${name}@example.com`] },
    });
    const share = Math.floor(connections / count) + (index < connections % count ? 1 : 0);
    const busy = index % BUSY_EVERY === 0 ? 1 : 0;
    const { certPem, keyPem } = issued;
    people.push({
      name,
      certPem,
      keyPem,
      holds: { idle: share - 2 * busy, websocket: busy, download: busy },
    });
    if (index === targetIndex) ({ serial } = parseCertificate(issued.der));
  }
  const target = people[targetIndex];
  if (target === undefined) throw new Error('there is nobody');
  return { people, target, serial };
}
