// A proxy whose certificates come from Pebble.
import { once } from 'node:events';
import { connect } from 'node:tls';
import { createProxy } from '../../src/app/proxy.ts';
import type { Proxy } from '../../src/app/proxy-contract.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { silentObserver, type Warning } from '../../src/core/observer.ts';
import { makeTestPki, type TestPki } from './certificates.ts';
import { temporaryFolder } from './folder.ts';
import type { Pebble } from './pebble.ts';
import { baseConfig } from './proxy.ts';
import { until } from './until.ts';

export interface Started {
  readonly proxy: Proxy;
  readonly port: number;
  readonly pki: TestPki;
  readonly warnings: Warning[];
}

/** Without any certificate of its own. */
export async function startAutocert(
  t: { teardown(fn: () => unknown): void },
  pebble: Pebble,
  { names, ...config }: Partial<ConfigInput> & { readonly names: readonly string[] },
): Promise<Started> {
  const pki = await makeTestPki();
  const { certificate: _, certificate_key: __, ...base } = baseConfig(pki);
  const warnings: Warning[] = [];
  const proxy = createProxy(
    {
      ...base,
      address: `127.0.0.1:${pebble.tlsPort}`,
      autocert: true,
      autocert_ca: pebble.directoryUrl,
      autocert_trusted_ca: pebble.trustedCa,
      autocert_dir: temporaryFolder(t),
      routes: names.map((host) => ({ from: `https://${host}`, response: { status: 204 } })),
      ...config,
    },
    {
      observer: { ...silentObserver, warning: (record) => warnings.push(record) },
      watch: false,
      autocert: { lookMs: 20, firstRetryMs: 200 },
    },
  );
  t.teardown(() => proxy.close());
  const [address] = await proxy.start();
  if (address === undefined || 'path' in address) throw new Error('no port');
  return { proxy, port: address.port, pki, warnings };
}

/** Subject alternative names of what the port shows for a name. */
export async function shown(port: number, servername: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { subjectaltname = '' } = socket.getPeerCertificate();
  // In order: one that breaks off counts as a handshake that failed.
  socket.resume().end();
  await once(socket, 'close');
  return subjectaltname;
}

/** `names` is what the certificate is for, the host by default. */
export async function untilShown(port: number, host: string, names = host): Promise<void> {
  let isShown = false;
  const look = async (): Promise<void> => {
    while (!isShown) isShown = (await shown(port, host)) === `DNS:${names}`;
  };
  await Promise.race([look(), until(() => isShown, 60_000)]);
}
