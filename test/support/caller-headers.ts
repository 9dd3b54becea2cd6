// A proxy in front of an app that says what it was told, for two hosts: one with the settings of the test, one without.
import type { Test } from 'tap';
import type { ConfigInput } from '../../src/config/schema.ts';
import type { Issued } from '../../src/pki/issue-certificate.ts';
import { type Reflection, startApp } from './app.ts';
import { makeTestPki } from './certificates.ts';
import { call, clientOptions } from './client.ts';
import { startProxy } from './proxy.ts';

export const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();

export async function setUp(
  t: Test,
  route: Partial<ConfigInput['routes'][number]>,
  more: Partial<ConfigInput> = {},
  clock = { now: () => Date.now() },
) {
  const app = await startApp(t);
  const other = { from: 'https://other.sallyport.localhost', to: app.url };
  const routes = [{ from: `https://${HOST}`, to: app.url, ...route }, other];
  const running = await startProxy(t, { routes, ...more }, { clock });
  const ask = async (
    who: Issued = pki.client,
    headers: Record<string, string | string[]> = {},
    servername = HOST,
  ) => {
    const options = clientOptions(pki, running.port, { cert: who.certPem, key: who.keyPem, servername });
    const { body, status } = await call(options, { headers });
    t.equal(status, 200);
    return (JSON.parse(body) as Reflection).headers;
  };
  return { ...running, app, routes, ask };
}
