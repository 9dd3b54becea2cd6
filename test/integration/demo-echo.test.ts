import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import t from 'tap';
import { WebSocket } from 'ws';
import { echo } from '../../src/cli/demo/echo.ts';
import { makeTestPki } from '../support/certificates.ts';
import { asSallyport, call, demoApp } from '../support/demo-apps.ts';

t.test('nobody but Sallyport comes in', async (t) => {
  let calls = 0;
  const { url } = await demoApp(t, {
    handler: (_request, response) => {
      calls++;
      response.end();
    },
  });
  const { serverCa, client } = await makeTestPki();
  const strangers = [
    { ca: serverCa.certPem },
    { ca: serverCa.certPem, cert: client.certPem, key: client.keyPem },
  ];
  for (const stranger of strangers)
    await t.rejects(once(request(url, { ...stranger, agent: false }).end(), 'response'));
  t.equal(calls, 0);
  t.equal((await call(url)).status, 200);
});

t.test('a body comes back while it is still being sent', async (t) => {
  const { url } = await demoApp(t, { handler: echo });
  const outgoing = request(`${url}/any/path`, { ...(await asSallyport()), method: 'POST' });
  outgoing.write('first');
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const pieces = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  t.equal(String((await pieces.next()).value), 'first');
  outgoing.end('second');
  t.equal(String((await pieces.next()).value), 'second');
  t.equal((await pieces.next()).done, true);
});

t.test('an echoed page cannot run as ours', async (t) => {
  const { url } = await demoApp(t, { handler: echo });
  const body = '<script>1</script>';
  const headers = { 'content-type': 'text/html', 'content-length': body.length };
  const answer = await call(url, { method: 'PUT', headers, body });
  t.equal(answer.text, body);
  t.equal(answer.headers['content-length'], String(body.length));
  t.match(answer.headers['content-security-policy'], 'sandbox');
  t.equal(answer.headers['x-content-type-options'], 'nosniff');
});

t.test('bytes are counted up and made down', async (t) => {
  const { url } = await demoApp(t, { handler: echo });
  const body = 'x'.repeat(200_000);
  const counted = await call(`${url}/count`, { method: 'POST', body });
  t.strictSame(JSON.parse(counted.text), {
    bytes: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
  });
  for (const size of [0, 1, 65_536, 200_001]) {
    const down = await call(`${url}/bytes/${size}`);
    t.equal(down.text.length, size);
    t.equal(down.headers['content-length'], String(size));
  }
  const head = await call(`${url}/bytes/99999999999`, { method: 'HEAD' });
  t.equal(head.headers['content-length'], '99999999999');
});

t.test('statuses, delays and everything else', async (t) => {
  const { url } = await demoApp(t, { handler: echo });
  for (const status of [200, 204, 304, 418, 599])
    t.equal((await call(`${url}/status/${status}`)).status, status);
  t.equal((await call(`${url}/delay/1`)).text, 'waited 1 ms\n');
  for (const path of ['/status/99', '/status/600', '/bytes/-1', '/bytes/1/2', '/delay/9999999', '/nothing'])
    t.equal((await call(`${url}${path}`)).status, 404, path);
  const index = await call(`${url}/?x=1`);
  t.match(index.text, '<h1>echo</h1>');
  t.match(index.headers['content-security-policy'], "default-src 'none'");
});

t.test('the clock strikes at once', async (t) => {
  const { url } = await demoApp(t, { handler: echo });
  const outgoing = request(`${url}/sse`, await asSallyport()).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  t.equal(response.headers['content-type'], 'text/event-stream');
  const [event] = (await once(response, 'data')) as [Buffer];
  t.match(String(event), /^id: 0\nevent: tick\ndata: \d{4}-\d\d-\d\dT.*Z\n\n$/);
  outgoing.destroy();
});

t.test('a WebSocket gets its messages back, text as text and bytes as bytes', async (t) => {
  const { url } = await demoApp(t, { handler: echo, hasWebSocket: true });
  const socket = new WebSocket(`${url.replace('https', 'wss')}/ws`, await asSallyport());
  t.teardown(() => socket.terminate());
  await once(socket, 'open');
  socket.send('hello');
  const [text, isBinary] = await once(socket, 'message');
  t.strictSame([String(text), isBinary], ['hello', false]);
  const large = Buffer.alloc(1_000_000, 7);
  socket.send(large);
  const [bytes, isBinaryToo] = await once(socket, 'message');
  t.ok(large.equals(bytes as Buffer));
  t.equal(isBinaryToo, true);
  const lost = new WebSocket(`${url.replace('https', 'wss')}/elsewhere`, await asSallyport());
  await t.rejects(once(lost, 'open'), { message: /404/ });
});
