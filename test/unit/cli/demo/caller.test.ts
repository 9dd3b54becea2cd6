import t from 'tap';
import { callerOf } from '../../../../src/cli/demo/caller.ts';
import { parseCertificate } from '../../../../src/pki/facts.ts';
import { makeTestPki } from '../../../support/certificates.ts';

const clientCert = (der: Buffer) => `:${der.toString('base64')}:`;

t.test('the certificate itself says most', async (t) => {
  const { client } = await makeTestPki();
  const { sha256 } = parseCertificate(client.der);
  const account = `Hash=${sha256};Subject="CN=Alice Example,O=Example";URI=spiffe://example.com/alice`;
  t.match(callerOf({ 'client-cert': clientCert(client.der), 'x-forwarded-client-cert': account }), {
    caller: {
      name: 'Alice Example',
      emails: ['alice@example.com'],
      uris: ['spiffe://example.com/alice'],
      sha256,
      validUntil: /^\d{4}-/,
      toldBy: ['Client-Cert', 'X-Forwarded-Client-Cert'],
    },
    doubts: [],
  });
  t.match(callerOf({ 'x-forwarded-client-cert': account }), {
    caller: { name: 'Alice Example', emails: [], uris: ['spiffe://example.com/alice'], sha256 },
    doubts: [],
  });
});

t.test('nobody is named by headers that are missing, broken or at odds', async (t) => {
  const { client } = await makeTestPki();
  t.strictSame(callerOf({}), { caller: undefined, doubts: [] });
  for (const broken of ['', ':AAAA:', 'AAAA', `${clientCert(client.der)}, ${clientCert(client.der)}`])
    t.strictSame(callerOf({ 'client-cert': broken }), {
      caller: undefined,
      doubts: ['Client-Cert is not a certificate.'],
    });
  t.match(callerOf({ 'x-forwarded-client-cert': 'Hash' }), { caller: undefined, doubts: [/malformed/] });
  const other = { 'client-cert': clientCert(client.der), 'x-forwarded-client-cert': 'Hash=00' };
  t.match(callerOf(other), { caller: undefined, doubts: [/different certificates/] });
});

t.test('of several hops the last is believed, and it is said', (t) => {
  const { caller, doubts } = callerOf({ 'x-forwarded-client-cert': 'URI=a:x,URI=b:y' });
  t.equal(caller?.name, 'b:y');
  t.match(doubts, [/several proxies/]);
  t.end();
});
