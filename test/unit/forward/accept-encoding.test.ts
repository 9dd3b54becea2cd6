import t from 'tap';
import { type Coding, preferredCoding } from '../../../src/forward/accept-encoding.ts';
import * as fc from '../../support/property.ts';

const ALL: readonly Coding[] = ['zstd', 'br', 'gzip'];

/** Accept-Encoding, what we offer, what it becomes. */
const CASES: readonly (readonly [string, readonly Coding[], Coding | undefined])[] = [
  ['gzip, deflate, br, zstd', ALL, 'zstd'],
  ['gzip, deflate, br', ALL, 'br'],
  ['gzip', ['br'], undefined],
  ['gzip, br', ['gzip', 'br'], 'gzip'],
  ['GZIP', ALL, 'gzip'],
  ['x-gzip', ALL, 'gzip'],
  ['', ALL, undefined],
  [' , ,', ALL, undefined],
  ['identity', ALL, undefined],
  ['deflate', ALL, undefined],
  // The client's weights first
  ['zstd;q=0.5, br;q=0.8, gzip;q=0.8', ALL, 'br'],
  ['gzip;q=1.0, zstd;q=0.999', ALL, 'gzip'],
  ['zstd ; q=0.1 , gzip ; q=0.2', ALL, 'gzip'],
  ['br;Q=0.3', ALL, 'br'],
  // Never what has the weight 0
  ['zstd;q=0, br;q=0.000, gzip', ALL, 'gzip'],
  ['gzip;q=0', ['gzip'], undefined],
  // Whatever is not named
  ['*', ALL, 'zstd'],
  ['*;q=0.1, gzip;q=0.5', ALL, 'gzip'],
  ['zstd;q=0, *', ALL, 'br'],
  ['*;q=0', ALL, undefined],
  ['gzip, *;q=0', ALL, 'gzip'],
  // identity
  ['identity;q=0', ALL, undefined],
  ['identity;q=0, gzip', ALL, 'gzip'],
  ['identity;q=0, *', ALL, 'zstd'],
  ['identity, gzip;q=0.5', ALL, undefined],
  ['identity;q=0.5, gzip;q=0.5', ALL, 'gzip'],
  ['identity;q=0.5, gzip;q=0.9', ALL, 'gzip'],
  // What cannot be read is not acceptable
  ['gzip;q=2', ALL, undefined],
  ['gzip;q=', ALL, undefined],
  ['gzip;q=0.1234', ALL, undefined],
  ['gzip;q=-1', ALL, undefined],
  ['gzip;level=9', ALL, undefined],
  ['gzip;q=1;x=y', ALL, undefined],
  ['zstd;q=x, gzip', ALL, 'gzip'],
  ['gzip br', ALL, undefined],
  // Twice: the first counts
  ['gzip;q=0, gzip', ['gzip'], undefined],
];

for (const [field, offered, chosen] of CASES)
  t.test(`'${field}' of ${offered.join(', ')} is ${chosen ?? 'as it is'}`, (t) => {
    t.equal(preferredCoding([field], offered), chosen);
    t.end();
  });

t.test('without the field nothing is compressed; several fields are one list', (t) => {
  t.equal(preferredCoding([], ALL), undefined);
  t.equal(preferredCoding(['deflate', 'gzip;q=0.5, br'], ALL), 'br');
  t.end();
});

t.test('whatever a client says, it gets what is offered or nothing', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom(...Array.from('gzipbrstd*;,=q01. \t')) })),
      (fields) => {
        const coding = preferredCoding(fields, ALL);
        return coding === undefined || ALL.includes(coding);
      },
    ),
  );
  t.end();
});
