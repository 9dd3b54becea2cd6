// A configuration that cannot be used: everything wrong with it is told at once, and nothing listens.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { ConfigError } from '../../../src/app/config-error.ts';
import { createProxy } from '../../../src/app/proxy.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { temporaryFolder } from '../../support/folder.ts';

/** The lines that starting with this text prints, without the folder. */
async function refusal(t: Test, text: string, env = {}): Promise<string[]> {
  const folder = temporaryFolder(t);
  const { edge } = await makeTestPki();
  writeFileSync(path.join(folder, 'edge.crt'), edge.certPem);
  writeFileSync(path.join(folder, 'edge.key'), edge.keyPem);
  writeFileSync(path.join(folder, 'empty.crt'), '# no CA in here\n');
  const file = path.join(folder, 'routes.yaml');
  writeFileSync(file, text);
  const proxy = createProxy(file, { watch: false, env });
  t.teardown(() => proxy.close());
  try {
    await proxy.start();
    return ['it started'];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => problem.text.replaceAll(`${folder}/`, ''));
  }
}

const BAD = `certificate_file: edge.crt
certificate_key_file: edge.key
log_levle: info
downstream_mtls:
  ca_file: empty.crt
routes:
  - from: https://a.example/path
    to: https://127.0.0.1:1
  - from: https://b.example
    to: https://127.0.0.1:1
    tls_custom_ca_file: nothing.crt
  - from: https://c.example
    regex: '('
    to: https://127.0.0.1:1
`;

t.test('mistakes in the text and in the files that it names are told together, in order', async (t) => {
  const lines = await refusal(t, BAD);
  t.equal(lines.length, 5);
  t.match(lines, [
    /^routes\.yaml:3:1 log_levle: is not a setting: did you mean log_level\?$/,
    /^routes\.yaml:5:12 downstream_mtls\.ca_file: /,
    /^routes\.yaml:7:11 routes\[0\]\.from: .* has a path/,
    /^routes\.yaml:11:25 routes\[1\]\.tls_custom_ca_file: nothing\.crt: there is no such file$/,
    /^routes\.yaml:13:12 routes\[2\]\.regex: .*RE2/,
  ]);
});

t.test('a fault is told once, and none is made up of what is left out', async (t) => {
  const lines = await refusal(
    t,
    `certificates: edge.crt
downstream_mtls:
  ca_file: empty.crt
  enforcement: never
routes:
  - {from: https://a.example, to: https://127.0.0.1:1}
  - {from: https://a.example, to: https://127.0.0.1:1}
`,
  );
  t.match(lines, [
    /^routes\.yaml:1:15 certificates: expected a list/,
    /^routes\.yaml:4:16 downstream_mtls\.enforcement: 'never' is none of/,
    /^routes\.yaml:7:12 routes\[1\]\.from: takes the same requests as routes\[0\]/,
  ]);
  t.equal(lines.length, 3);
});

t.test('a certificate by path goes with a key from the environment', async (t) => {
  const { client, edge } = await makeTestPki();
  const text = `certificate_file: edge.crt
certificate_key_file: nothing.key
address: 127.0.0.1:0
routes:
  - {from: https://a.example, response: {}, allow_public_unauthenticated_access: true}
`;
  t.same(await refusal(t, text, { CERTIFICATE_KEY: Buffer.from(edge.keyPem).toString('base64') }), [
    'it started',
  ]);
  t.match(await refusal(t, text, { CERTIFICATE_KEY: Buffer.from(client.keyPem).toString('base64') }), [
    /certificate/,
  ]);
});
