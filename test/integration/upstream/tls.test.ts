// Both sides of the upstream handshake: what the app must prove on every connection, and what we show it.
import { X509Certificate, createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type net from 'node:net';
import type tls from 'node:tls';
import t, { type Test } from 'tap';
import { AttemptRecorder, outgoing } from '../../support/attempt-recorder.ts';
import { makeTestPki, makeTestRoot } from '../../support/certificates.ts';
import { answerEach, startRawUpstream } from '../../support/raw-upstream.ts';
import { type EndpointSetup, openEndpoint } from '../../support/upstream-endpoint.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood';
const REFUSED = ['error upstream_tls none'];
const pki = await makeTestPki();
const APP = { cert: pki.app.certPem, key: pki.app.keyPem };
const DEMANDING = { ...APP, ca: pki.upstreamCa.certPem, requestCert: true, rejectUnauthorized: true };
const OURS = { ca: pki.serverCa.certPem, cert: pki.upstreamClient.certPem, key: pki.upstreamClient.keyPem };
const TRUSTING = { ca: pki.serverCa.certPem };

/** One request to an app with these TLS options by an endpoint with that setup. */
async function ask(t: Test, app: tls.TlsOptions, setup: EndpointSetup): Promise<AttemptRecorder> {
  const upstream = await startRawUpstream(t, answerEach(GOOD), app);
  const { endpoint } = openEndpoint(t, upstream.url, setup);
  return new AttemptRecorder().opens(endpoint, outgoing()).ended;
}

const spkiPin = (pem: string): string =>
  createHash('sha256')
    .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');

t.test('an app that demands a client certificate gets ours', async (t) => {
  const upstream = await startRawUpstream(t, answerEach(GOOD), DEMANDING);
  const { endpoint } = openEndpoint(t, upstream.url, { tls: OURS });
  const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
  t.equal(sink.body, 'good');
  const [socket] = upstream.sockets as tls.TLSSocket[];
  t.equal(socket?.authorized, true);
  t.equal(socket?.getPeerX509Certificate()?.fingerprint256, new X509Certificate(OURS.cert).fingerprint256);
});

t.test('an address in `to` is found among the addresses of the certificate, and not named', async (t) => {
  const upstream = await startRawUpstream(t, answerEach(GOOD), APP);
  const { endpoint } = openEndpoint(t, upstream.url, { tls: TRUSTING });
  const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
  t.equal(sink.body, 'good');
  t.equal((upstream.sockets[0] as tls.TLSSocket).servername, false);
});

t.test('50 requests for 50 hosts use one connection, verified against the server name', async (t) => {
  const upstream = await startRawUpstream(t, answerEach(GOOD), DEMANDING);
  const { endpoint } = openEndpoint(t, upstream.url, { tls: OURS, serverName: 'app.internal' });
  for (let i = 0; i < 50; i++) {
    const head = outgoing({ headers: ['host', `host-${i}.example.com`] });
    const sink = await new AttemptRecorder().opens(endpoint, head).ended;
    t.equal(sink.body, 'good');
    await setImmediate();
  }
  t.equal(upstream.sockets.length, 1);
  t.equal((upstream.sockets[0] as tls.TLSSocket).servername, 'app.internal');
});

t.test('a certificate for another name, or none but the common name, is refused', async (t) => {
  t.strictSame((await ask(t, APP, { tls: TRUSTING, serverName: 'other.internal' })).events, REFUSED);
  const nameless = await pki.issueServer({ commonName: 'old.internal', names: {} });
  const app = { cert: nameless.certPem, key: nameless.keyPem };
  t.strictSame((await ask(t, app, { tls: TRUSTING, serverName: 'old.internal' })).events, REFUSED);
});

t.test('an unknown issuer, an expired certificate and a client certificate are refused', async (t) => {
  t.strictSame((await ask(t, APP, { tls: { ca: pki.clientCa.certPem } })).events, REFUSED, 'issuer');
  t.strictSame((await ask(t, APP, {})).events, REFUSED, 'roots of the system');
  const day = 86_400_000;
  const old = await pki.issueServer({
    notBefore: new Date(Date.now() - 2 * day),
    notAfter: new Date(Date.now() - day),
  });
  t.strictSame(
    (await ask(t, { cert: old.certPem, key: old.keyPem }, { tls: TRUSTING })).events,
    REFUSED,
    'expired',
  );
  const person = await pki.issueClient({ names: { dns: ['localhost'], ip: ['127.0.0.1'] } }, pki.serverCa);
  const app = { cert: person.certPem, key: person.keyPem };
  t.strictSame((await ask(t, app, { tls: TRUSTING })).events, REFUSED, 'purpose');
});

t.test('the context of a failure is for the log: its text names nobody', async (t) => {
  const { error } = await ask(t, APP, { tls: TRUSTING, serverName: 'other.internal' });
  t.match(error?.context, /127\.0\.0\.1.*other\.internal/);
  t.notMatch(error?.kind.text, /127|internal/);
});

t.test('TLS below 1.2, and no TLS at all, are refused', async (t) => {
  const old = { ...APP, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  t.strictSame((await ask(t, old, { tls: TRUSTING })).events, REFUSED);
  const plain = await startRawUpstream(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const { endpoint } = openEndpoint(t, plain.url.replace('http:', 'https:'), { tls: TRUSTING });
  t.strictSame((await new AttemptRecorder().opens(endpoint, outgoing()).ended).events, REFUSED);
});

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(
    `an app that refuses our certificate in ${maxVersion} gets no request, and the attempt fails`,
    async (t) => {
      let requests = 0;
      const upstream = await startRawUpstream(t, () => requests++, { ...DEMANDING, maxVersion });
      const { endpoint } = openEndpoint(t, upstream.url, { tls: { ...TRUSTING } });
      const sink = await new AttemptRecorder().opens(endpoint, outgoing()).ended;
      t.match(sink.events, [/^error upstream_(tls|reset) (none|all)$/]);
      t.equal(requests, 0);
    },
  );
}

t.test('a pinned key admits its certificate and no other of the same issuer', async (t) => {
  const pin = spkiPin(APP.cert);
  t.equal((await ask(t, APP, { tls: TRUSTING, spkiPins: ['A'.repeat(43), pin] })).body, 'good');
  const twin = await pki.issueServer();
  const app = { cert: twin.certPem, key: twin.keyPem };
  t.strictSame((await ask(t, app, { tls: TRUSTING, spkiPins: [pin] })).events, REFUSED);
});

t.test('a pinned key does not replace the other checks', async (t) => {
  const setup = { tls: { ca: pki.clientCa.certPem }, spkiPins: [spkiPin(APP.cert)] };
  t.strictSame((await ask(t, APP, setup)).events, REFUSED, 'issuer');
  const renamed = { tls: TRUSTING, serverName: 'other.internal', spkiPins: [spkiPin(APP.cert)] };
  t.strictSame((await ask(t, APP, renamed)).events, REFUSED, 'name');
});

t.test('a pinned name is what the certificate must have in place of the server name', async (t) => {
  const spiffe = await pki.issueServer({ names: { uri: ['spiffe://example.com/app'] } });
  const app = { cert: spiffe.certPem, key: spiffe.keyPem };
  t.equal((await ask(t, app, { tls: TRUSTING, sanPins: ['spiffe://example.com/app'] })).body, 'good');
  t.strictSame((await ask(t, app, { tls: TRUSTING, sanPins: ['spiffe://example.com/ap'] })).events, REFUSED);
  t.strictSame((await ask(t, APP, { tls: TRUSTING, sanPins: ['spiffe://example.com/app'] })).events, REFUSED);
  t.equal((await ask(t, APP, { tls: TRUSTING, sanPins: ['App.Internal'] })).body, 'good');
});

t.test('without pins a second connection resumes the first session; with pins it never does', async (t) => {
  for (const spkiPins of [[], [spkiPin(APP.cert)]]) {
    const seen: string[] = [];
    const onSocket = (socket: net.Socket): void => {
      const { authorized } = socket as tls.TLSSocket;
      seen.push(`${(socket as tls.TLSSocket).isSessionReused() ? 'resumed' : 'full'} ${authorized}`);
      answerEach(GOOD)(socket);
    };
    const upstream = await startRawUpstream(t, onSocket, DEMANDING);
    const { endpoint } = openEndpoint(t, upstream.url, { tls: OURS, spkiPins });
    for (let i = 0; i < 3; i++)
      await new AttemptRecorder().opens(endpoint, outgoing({ isFresh: true })).ended;
    const later = spkiPins.length === 0 ? 'resumed true' : 'full true';
    t.strictSame(seen, ['full true', later, later]);
  }
});

t.test('an unusable key fails the request and not the process', async (t) => {
  const stranger = await makeTestRoot('Stranger');
  const sink = await ask(t, APP, { tls: { ...OURS, key: stranger.keyPem } });
  t.strictSame(sink.events, REFUSED);
});
