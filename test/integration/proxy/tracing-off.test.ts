// Whoever traces nothing pays nothing: what clients say of their traces passes, and what exports is not even loaded.
import { registerHooks } from 'node:module';
import t from 'tap';

const loaded: string[] = [];
registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    loaded.push(resolved.url);
    return resolved;
  },
});
const isExporterLoaded = () => loaded.some((url) => url.endsWith('/src/observe/span-exporter.ts'));

// After the hook, which would not see them.
const { startApp } = await import('../../support/app.ts');
const { call, clientOptions } = await import('../../support/client.ts');
const { startCollector } = await import('../../support/collector.ts');
const { startProxy } = await import('../../support/proxy.ts');

const FROM = 'https://app.sallyport.localhost';

t.test('without an exporter the fields of a trace reach the app as they were sent', async (t) => {
  const app = await startApp(t);
  const { port, pki, exchange } = await startProxy(t, { routes: [{ from: FROM, to: app.url }] });
  const headers = { traceparent: 'anything', tracestate: 'one=1' };
  t.match(JSON.parse((await call(clientOptions(pki, port), { headers })).body), { headers });
  t.equal((await exchange(0)).trace, undefined);
  t.notOk(isExporterLoaded());
});

t.test('with one it is loaded', async (t) => {
  const { url } = await startCollector(t);
  const tracing = { otel_traces_exporter: 'otlp', otel_exporter_otlp_endpoint: url } as const;
  await startProxy(t, { ...tracing, routes: [{ from: FROM, response: { status: 204 } }] });
  t.ok(isExporterLoaded());
});
