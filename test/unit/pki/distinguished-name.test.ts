import { Name, RelativeDistinguishedName, AttributeTypeAndValue, AttributeValue } from '@peculiar/asn1-x509';
import t from 'tap';
import { attributesOf } from '../../../src/core/name-attributes.ts';
import { distinguishedNameText } from '../../../src/pki/distinguished-name.ts';
import { array, assert, constantFrom, property, string, tuple } from '../../support/property.ts';

const OIDS = { CN: '2.5.4.3', O: '2.5.4.10', OU: '2.5.4.11', UID: '0.9.2342.19200300.100.1.1' } as const;
const part = tuple(constantFrom('CN', 'O', 'OU', 'UID'), string({ minLength: 1, unit: 'grapheme-ascii' }));

t.test('no value forges an attribute, whatever is in it', async () => {
  assert(
    property(array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      const name = new Name(
        parts.map(([type, value]) => {
          const attribute = { type: OIDS[type], value: new AttributeValue({ utf8String: value }) };
          return new RelativeDistinguishedName([new AttributeTypeAndValue(attribute)]);
        }),
      );
      const read = attributesOf(distinguishedNameText(name));
      return Object.keys(OIDS).every((type) => {
        const wanted = parts.filter(([one]) => one === type).map(([, value]) => value);
        return JSON.stringify(read.get(type) ?? []) === JSON.stringify(wanted.toReversed());
      });
    }),
  );
});
