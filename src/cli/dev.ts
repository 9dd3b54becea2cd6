// `sallyport dev`: certificates where they are missing, the demo apps, Sallyport in front of them, and a first screen
// that says how to get in.
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DevCertificates } from '../app/development.ts';
import type { LogFormat } from '../app/logging.ts';
import { madeLines } from './ca.ts';
import { startDemoApps } from './demo/demo-apps.ts';
import type { DemoRoute } from './demo/start-page.ts';
import { devConfig } from './dev/dev-config.ts';
import { devHelp } from './dev/dev-help.ts';
import { type FirstScreen, firstScreen } from './dev/first-screen.ts';
import { untilStopped } from './until-stopped.ts';

export interface DevOptions {
  /** 0: one that is free. */
  readonly port: number;
  /** The folder of the certificates. */
  readonly dir: string;
  /** Makes all certificates anew. */
  readonly fresh: boolean;
  readonly logFormat: LogFormat;
}

const CRL_DAYS = 30;

/** Runs until stopped by a signal. */
export async function dev({ port, dir, fresh, logFormat }: DevOptions): Promise<void> {
  const { DEV_P12_PASSWORD, prepareDevCertificates } = await import('../app/development.ts');
  const { createLogging } = await import('../app/logging.ts');
  const { createProxy } = await import('../app/proxy.ts');
  const certificates = await prepareDevCertificates({
    folder: path.resolve(dir),
    now: Date.now(),
    isFresh: fresh,
  });
  const files = filesToShow(certificates, DEV_P12_PASSWORD);
  let routes: readonly DemoRoute[] = [];
  const apps = await startDemoApps(certificates, () => routes);
  const logging = createLogging(logFormat);
  try {
    const crlFile = await currentCrl(dir);
    const config = devConfig({ certificates, crlFile, appUrls: apps.urls, address: loopback(port) });
    const proxy = createProxy(config, {
      observer: logging.observer,
      help: devHelp(files),
    });
    const [address] = await proxy.start().catch((error: unknown) => {
      throw hasCode(error, 'EADDRINUSE')
        ? new Error(`port ${port} is in use: choose another with --port`)
        : error;
    });
    const bound = address !== undefined && 'port' in address ? address.port : port;
    routes = demoRoutes(bound);
    const made = madeLines(certificates.made, dir);
    console.log(
      firstScreen({ made, routes, whoamiUrl: hostUrl('whoami.sallyport.localhost', bound), files }),
    );
    await untilStopped(proxy);
  } finally {
    await apps.close();
    await logging.close();
  }
}

/** Made anew, since it may have ended meanwhile, or its CA been replaced; undefined where nothing was ever taken back. */
async function currentCrl(dir: string): Promise<string | undefined> {
  const { crlFileOf, writeCrl } = await import('../app/development.ts');
  const folder = path.resolve(dir);
  if (!existsSync(crlFileOf(folder, 'client-ca'))) return undefined;
  return await writeCrl(folder, 'client-ca', { now: Date.now(), days: CRL_DAYS });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function demoRoutes(port: number): readonly DemoRoute[] {
  return [
    { url: hostUrl('localhost', port), description: 'this list' },
    { url: hostUrl('whoami.sallyport.localhost', port), description: 'who an app is told you are' },
    {
      url: hostUrl('echo.sallyport.localhost', port),
      description: 'bodies, clocks and WebSockets, back to you',
    },
  ];
}

function hostUrl(host: string, port: number): string {
  return port === 443 ? `https://${host}` : `https://${host}:${port}`;
}

/** This machine only. Browsers may try ::1 first for `localhost`; a port that is to be free cannot be so on both. */
function loopback(port: number): readonly string[] {
  const hasIPv6 = Object.values(os.networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
  return hasIPv6 && port !== 0 ? [`127.0.0.1:${port}`, `[::1]:${port}`] : [`127.0.0.1:${port}`];
}

/** The files that people are told about, as seen from the working folder where they are in it. */
function filesToShow({ files, p12File }: DevCertificates, password: string): FirstScreen['files'] {
  return {
    p12: shown(p12File),
    password,
    ca: shown(files.ca.cert),
    clientCert: shown(files.client.cert),
    clientKey: shown(files.client.key),
  };
}

function shown(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}
