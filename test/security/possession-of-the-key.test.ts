// A certificate is public: only the signature in CertificateVerify shows that its key is there (RFC 5246 7.4.8).
import { createSecureContext } from 'node:tls';
import t from 'tap';
import { startApp } from '../support/app.ts';
import { makeTestPki } from '../support/certificates.ts';
import { call, clientOptions, openClient } from '../support/client.ts';
import { startProxy } from '../support/proxy.ts';
import { startImpostor } from '../support/tls12-impostor.ts';
import { until } from '../support/until.ts';

const pki = await makeTestPki();
const mallory = await pki.issueClient({ commonName: 'Mallory' });

t.test("Alice's certificate without Alice's key opens nothing", async (t) => {
  const app = await startApp(t);
  const { port, heard } = await startProxy(t, {
    routes: [{ from: 'https://app.sallyport.localhost', to: app.url }],
  });
  const impostor = await startImpostor(t, port, pki.client.der);
  const own = { cert: mallory.certPem, key: mallory.keyPem, maxVersion: 'TLSv1.2' as const };
  t.equal((await call(clientOptions(pki, port, own))).status, 200, "with Mallory's own certificate it would");
  app.requests.length = 0;
  const attempt = openClient(t, clientOptions(pki, impostor, own));
  await t.rejects(attempt, { code: 'ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR' });
  await until(() => heard.handshakeFailures.length > 0);
  t.match(heard.handshakeFailures, [{ phase: 'tls', reason: /signature/ }]);
  t.equal(app.requests.length, 0);
});

t.test(
  'the swap itself is sound: with the right certificate only the transcript differs from a good one',
  async (t) => {
    const { port } = await startProxy(t, {
      routes: [{ from: 'https://app.sallyport.localhost', response: { status: 204 } }],
    });
    const same = await startImpostor(t, port, mallory.der);
    const own = { cert: mallory.certPem, key: mallory.keyPem, maxVersion: 'TLSv1.2' as const };
    t.equal((await call(clientOptions(pki, same, own))).status, 204);
  },
);

t.test('Node itself shows no certificate without its key', async (t) => {
  t.throws(() => createSecureContext({ cert: pki.client.certPem, key: mallory.keyPem }), {
    code: 'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
  });
});
