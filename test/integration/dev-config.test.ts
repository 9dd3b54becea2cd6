import t from 'tap';
import { prepareDevCertificates } from '../../src/app/development.ts';
import { devConfig } from '../../src/cli/dev/dev-config.ts';
import { startDemoApps } from '../../src/cli/demo/demo-apps.ts';
import { parseConfigObject } from '../../src/config/parse.ts';
import { temporaryFolder } from '../support/folder.ts';
import { call } from '../support/demo-apps.ts';

t.test('the configuration for the demo apps is one that a user could write', async (t) => {
  const certificates = await prepareDevCertificates({ folder: temporaryFolder(t), now: Date.now() });
  const apps = await startDemoApps(certificates, () => []);
  t.teardown(() => apps.close());
  const input = devConfig({ certificates, appUrls: apps.urls, address: ['127.0.0.1:0'] });
  const result = parseConfigObject(input);
  t.ok(result.ok, result.ok ? '' : result.problems.map(({ text }) => text).join('\n'));
  if (!result.ok) return;
  t.strictSame(result.warnings, []);
  t.strictSame(
    result.config.routes.map(({ from }) => from),
    [
      'https://localhost',
      'https://127.0.0.1',
      'https://[::1]',
      'https://sallyport.localhost',
      'https://whoami.sallyport.localhost',
      'https://echo.sallyport.localhost',
    ],
  );
});

t.test('each demo app answers to the identity that Sallyport shows, and to no other', async (t) => {
  const certificates = await prepareDevCertificates({ folder: temporaryFolder(t), now: Date.now() });
  const { pairs } = certificates;
  const apps = await startDemoApps(certificates, () => [{ url: 'https://a.example', description: 'x' }]);
  t.teardown(() => apps.close());
  const ca = pairs.ca.certPem;
  const sallyport = { ca, cert: pairs['upstream-client'].certPem, key: pairs['upstream-client'].keyPem };
  const person = { ca, cert: pairs.client.certPem, key: pairs.client.keyPem };
  for (const name of ['start', 'whoami', 'echo'] as const) {
    const servername = `${name}.sallyport.localhost`;
    t.equal((await call(apps.urls[name], { tls: { ...sallyport, servername } })).status, 200, name);
    await t.rejects(call(apps.urls[name], { tls: { ...person, servername } }), name);
    await t.rejects(call(apps.urls[name], { tls: { ...sallyport, servername: 'localhost' } }), {
      message: /altnames/,
    });
  }
});
