import t from 'tap';
import { parseCertificate } from '../../../src/pki/facts.ts';
import { parsePem } from '../../../src/pki/pem.ts';
import { renewalId } from '../../../src/pki/renewal-id.ts';
import { makeTestPki } from '../../support/certificates.ts';

t.test('the key identifier of the issuer, and the serial number as it is encoded', async (t) => {
  // The certificate of RFC 9773 appendix A.
  const pem = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`;
  const [block] = parsePem(pem);
  t.equal(block && renewalId(block.der), 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
});

t.test('none where the issuer is not named', async (t) => {
  const { edge, serverCa } = await makeTestPki();
  t.match(renewalId(edge.der), /^[\w-]{20,}\.[\w-]{20,}$/);
  t.ok(parseCertificate(serverCa.der).isCa);
  t.equal(renewalId(serverCa.der), undefined);
});
