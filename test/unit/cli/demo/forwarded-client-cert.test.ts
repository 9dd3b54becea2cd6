import t from 'tap';
import { parseForwardedClientCert } from '../../../../src/cli/demo/forwarded-client-cert.ts';

t.test("Envoy's own example is read", (t) => {
  const field =
    'By=http://frontend.lyft.com;Hash=468ED33BE74EEE6556D90C0149C1309E9BA61D6425303443C0748A02DD8DE688;' +
    'Subject="/C=US/ST=CA/L=San Francisco/OU=Lyft/CN=Test Client";URI=http://testclient.lyft.com;' +
    'DNS=lyft.com;DNS=www.lyft.com';
  t.strictSame(parseForwardedClientCert(field), [
    {
      hash: '468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688',
      subject: '/C=US/ST=CA/L=San Francisco/OU=Lyft/CN=Test Client',
      uri: ['http://testclient.lyft.com'],
      dns: ['lyft.com', 'www.lyft.com'],
    },
  ]);
  t.end();
});

t.test('a quoted value cannot end its element', (t) => {
  const elements = parseForwardedClientCert(String.raw`Subject="CN=a\",URI=x;\\";hash=AB , uri=b`);
  t.strictSame(elements, [
    { hash: 'ab', subject: 'CN=a",URI=x;\\', uri: [], dns: [] },
    { hash: undefined, subject: undefined, uri: ['b'], dns: [] },
  ]);
  t.end();
});

t.test('half a field is believed in no part', (t) => {
  const bad = [
    '',
    'Hash',
    'Hash=a;',
    'Hash=a,',
    'Subject="CN=a',
    'Subject="a"b',
    'Hash=a=b',
    ';Hash=a',
    'a=""";URI=b',
  ];
  for (const field of bad) t.equal(parseForwardedClientCert(field), undefined, field);
  t.equal(parseForwardedClientCert('Hash=a,'.repeat(5000)), undefined);
  t.end();
});
