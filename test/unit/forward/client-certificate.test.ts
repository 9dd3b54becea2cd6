import { assert, property, string } from '../../support/property.ts';
import t from 'tap';
import { identityFields } from '../../../src/forward/client-certificate.ts';
import { parseCertificate } from '../../../src/pki/facts.ts';
import type { Identity } from '../../../src/pki/identity.ts';
import { makeTestPki } from '../../support/certificates.ts';

const pki = await makeTestPki();
const alice: Identity = { leaf: parseCertificate(pki.client.der), chain: [pki.clientCa.der] };
const ALL = { client_cert: true, client_cert_chain: true, x_forwarded_client_cert: true };

/** The pairs of one element, as a reader that knows quotes and no escapes takes them apart. */
const pairsOf = (xfcc: string): string[] => xfcc.match(/[^;,="]+=(?:"[^"]*"|[^;,"]*)/g) ?? [];

const xfccOf = (subject: string, uri: string[] = [], dns: string[] = []): string => {
  const leaf = { ...alice.leaf, subject, names: { ...alice.leaf.names, uri, dns } };
  const wanted = { ...ALL, client_cert: false };
  return identityFields({ ...alice, leaf }, wanted)[1] ?? '';
};

t.test('the certificate travels as RFC 9440 and Envoy say', (t) => {
  const fields = identityFields(alice, ALL);
  t.same(fields.slice(0, 4), [
    'Client-Cert',
    `:${pki.client.der.toString('base64')}:`,
    'Client-Cert-Chain',
    `:${pki.clientCa.der.toString('base64')}:`,
  ]);
  t.equal(fields[4], 'X-Forwarded-Client-Cert');
  t.equal(
    fields[5],
    `Hash=${alice.leaf.sha256};Subject="CN=Alice Example,O=Example";URI=spiffe://example.com/alice`,
  );
  t.end();
});

t.test('each header is a switch; a chain goes only beside its leaf', (t) => {
  const off = { client_cert: false, client_cert_chain: false, x_forwarded_client_cert: false };
  t.same(identityFields(alice, off), []);
  t.same(identityFields(alice, { ...off, client_cert_chain: true }), []);
  t.equal(identityFields(alice, { ...off, client_cert: true }).length, 2);
  t.equal(
    identityFields({ ...alice, chain: [] }, { ...off, client_cert: true, client_cert_chain: true }).length,
    2,
  );
  t.end();
});

t.test('a subject cannot end its quotes', (t) => {
  t.match(xfccOf('CN=a\\"\\;Hash\\=evil'), 'Subject="CN=a\\22\\;Hash\\=evil"');
  t.match(xfccOf('CN=a\\\\'), 'Subject="CN=a\\5C"');
  t.match(xfccOf('CN=Zoë'), 'Subject="CN=Zo\\C3\\AB"');
  t.end();
});

t.test('whatever a certificate says, the element keeps its pairs and stays one line of ASCII', (t) => {
  const text = string({ unit: 'binary', maxLength: 40 });
  assert(
    property(text, text, text, (subject, uri, dns) => {
      const xfcc = xfccOf(subject, [uri], [dns]);
      const pairs = pairsOf(xfcc).map((pair) => pair.slice(0, pair.indexOf('=')));
      return (
        /^[\x20-\x7e]*$/.test(xfcc) &&
        pairs.join() === 'Hash,Subject,URI,DNS' &&
        !/\\(?=")/.test(xfcc.replace(/\\[0-9A-F]{2}/g, ''))
      );
    }),
  );
  t.end();
});
