import t from 'tap';
import { CredentialStore } from '../../../src/certs/credential-store.ts';
import { normalizeHostname } from '../../../src/core/hostname.ts';
import { parseCredential } from '../../../src/pki/credential.ts';
import { makeTestPki } from '../../support/certificates.ts';

const pki = await makeTestPki();

const credentialFor = async (...dns: string[]) => {
  const { certPem, keyPem } = await pki.issueServer({ names: { dns } });
  const { credential } = parseCredential({ certPem, keyPem, now: Date.now() });
  if (credential === undefined) throw new Error('not a credential');
  return credential;
};

t.test('a certificate is chosen by exact name, then by a wildcard of one label, then it is the first', async (t) => {
  const first = await credentialFor('first.example.com');
  const wildcard = await credentialFor('*.example.com');
  const exact = await credentialFor('a.example.com', 'b.example.org');
  const store = new CredentialStore(first, wildcard, exact);
  const select = (name: string) => store.select(normalizeHostname(name));
  t.equal(select('a.example.com'), exact);
  t.equal(select('A.EXAMPLE.COM.'), exact);
  t.equal(select('b.example.org'), exact);
  t.equal(select('c.example.com'), wildcard);
  t.equal(select('first.example.com'), first);
  t.equal(select('x.c.example.com'), first, 'unlike in a route, the star is one label');
  t.equal(select('example.com'), first);
  t.equal(store.select(undefined), first);
});

t.test('for one name the certificate that was given first wins', async (t) => {
  const [one, two] = [await credentialFor('a.example.com'), await credentialFor('a.example.com')];
  t.equal(new CredentialStore(one, two).select(normalizeHostname('a.example.com')), one);
});
