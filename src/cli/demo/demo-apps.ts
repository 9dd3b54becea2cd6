// The demo apps of `sallyport dev`, all of them started.
import type { DevCertificates } from '../../app/development.ts';
import { type DemoApp, type DemoHandler, startDemoApp } from './demo-app.ts';
import { echo } from './echo.ts';
import { type DemoRoute, startPage } from './start-page.ts';
import { whoami } from './whoami.ts';

export type DemoName = 'start' | 'whoami' | 'echo';

export interface DemoApps {
  /** `https://127.0.0.1:PORT` of each. */
  readonly urls: Readonly<Record<DemoName, string>>;
  close(): Promise<void>;
}

/** Starts them, each with its own certificate; `routesNow` is what the start page lists. */
export async function startDemoApps(
  { pairs }: Pick<DevCertificates, 'pairs'>,
  routesNow: () => readonly DemoRoute[],
): Promise<DemoApps> {
  const start = (name: DemoName, handler: DemoHandler): Promise<DemoApp> =>
    startDemoApp({
      ...pairs[name],
      clientCaPem: pairs['upstream-ca'].certPem,
      handler,
      hasWebSocket: name !== 'start',
    });
  const [startApp, whoamiApp, echoApp] = await Promise.all([
    start('start', startPage(routesNow)),
    start('whoami', whoami),
    start('echo', echo),
  ]);
  return {
    urls: { start: startApp.url, whoami: whoamiApp.url, echo: echoApp.url },
    async close() {
      await Promise.all([startApp.close(), whoamiApp.close(), echoApp.close()]);
    },
  };
}
