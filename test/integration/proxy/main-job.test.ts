import t from 'tap';
import { type Reflection, startApp } from '../../support/app.ts';
import { call, clientOptions } from '../../support/client.ts';
import { startProxy } from '../../support/proxy.ts';

const HOST = 'app.sallyport.localhost';
const FROM = `https://${HOST}`;

t.test('a client with a good certificate reaches the app, and the app is told who it is', async (t) => {
  const app = await startApp(t);
  const { port, pki, exchange } = await startProxy(t, { routes: [{ from: FROM, to: app.url }] });
  const answer = await call(clientOptions(pki, port), { path: '/a?b=1', method: 'POST', body: 'hello' });
  t.equal(answer.status, 200);
  const seen = JSON.parse(answer.body) as Reflection;
  t.match(seen, { method: 'POST', url: '/a?b=1', body: 'hello' });
  t.match(seen.headers, {
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': HOST,
    'x-forwarded-client-cert': /^Hash=[0-9a-f]{64};Subject=".*";URI=spiffe:\/\/example\.com\/alice$/,
  });
  const record = await exchange(0);
  t.match(record, {
    status: 200,
    method: 'POST',
    path: '/a',
    query: '?b=1',
    disposition: 'keep',
    attempts: 1,
  });
  t.match(record.connection.client, {
    subjectAltNames: ['email:alice@example.com', 'uri:spiffe://example.com/alice'],
  });
});

t.test('a client without a certificate is told so, and the app sees nothing', async (t) => {
  const app = await startApp(t);
  const { port, pki, exchange, heard } = await startProxy(t, { routes: [{ from: FROM, to: app.url }] });
  const stranger = clientOptions(pki, port, { cert: undefined, key: undefined });
  const answer = await call(stranger, { headers: { accept: 'application/json' } });
  t.equal(answer.status, 403);
  t.match(JSON.parse(answer.body), {
    code: 'client_certificate_required',
    reason: 'certificate_missing',
    status: 403,
  });
  t.equal(answer.headers.connection, 'close');
  t.equal(app.requests.length, 0);
  t.match(await exchange(0), { status: 403, error: 'client_certificate_required', upstream: undefined });
  t.match(heard.handshakeFailures, [{ phase: 'certificate', reason: 'none_sent' }]);
});
