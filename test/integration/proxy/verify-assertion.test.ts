// The verifier of docs/verify-assertion.md, run as it stands there.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { HOST, setUp } from '../../support/caller-headers.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';

const root = path.resolve(import.meta.dirname, '../../..');

t.test('the verifier of the documentation tells callers from impostors', async (t) => {
  const pki = await makeTestPki();
  const { port, ask } = await setUp(t, { pass_identity_headers: true });
  const { body } = await call(clientOptions(pki, port), { path: '/.well-known/sallyport/jwks.json' });
  // What the app's own HTTP client would have fetched with its client certificate.
  const keys = createServer((_, response) =>
    response.setHeader('content-type', 'application/json').end(body),
  );
  keys.listen(0, '127.0.0.1');
  await once(keys, 'listening');
  t.teardown(() => keys.close());
  process.env['APP_HOST'] = HOST;
  process.env['JWKS_URL'] = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/`;

  const text = readFileSync(path.join(root, 'docs/verify-assertion.md'), 'utf8');
  const code = /```js\n([^]*?)```/.exec(text)?.[1] ?? '';
  const folder = t.testdir();
  const file = path.join(folder, 'verify.mjs');
  const jose = pathToFileURL(path.join(root, 'node_modules/jose/dist/webapi/index.js')).href;
  writeFileSync(file, code.replace("from 'jose'", `from '${jose}'`));
  const { caller } = (await import(pathToFileURL(file).href)) as {
    caller: (headers: Record<string, string | undefined>) => Promise<{ email: string }>;
  };

  const headers = await ask();
  t.match(await caller(headers), { email: 'alice@example.com', aud: HOST });
  const token = headers['x-pomerium-jwt-assertion'] ?? '';
  const [head = '', claims = '', signature = ''] = token.split('.');
  const forged = Buffer.from(
    JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), email: 'eve@example.com' }),
  );
  const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  for (const bad of [
    undefined,
    '',
    'x',
    `${head}.${forged.toString('base64url')}.${signature}`,
    `${none}.${claims}.`,
  ])
    await t.rejects(caller({ 'x-pomerium-jwt-assertion': bad }), String(bad));
});
