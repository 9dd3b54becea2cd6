// What `explain` says is what happens: the same requests explained, and sent to a proxy that runs on the same settings.
import t from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { startApp, type Reflection } from '../../support/app.ts';
import { makeTestPki } from '../../support/certificates.ts';
import { call, clientOptions } from '../../support/client.ts';
import { makeClientCases, mtlsOf } from '../../support/client-cases.ts';
import { certificateFile, explanationOf } from '../../support/explain.ts';
import { startProxy } from '../../support/proxy.ts';

const HOST = 'app.sallyport.localhost';
const pki = await makeTestPki();
const routes = [{ from: `https://${HOST}`, response: { body: 'in' } }];

for (const it of await makeClientCases())
  for (const enforcement of ['policy_with_default_deny', 'policy'] as const)
    t.test(
      `${it.name}, ${enforcement}: the verdict of a live handshake, but for OpenSSL's own part`,
      async (t) => {
        const downstream_mtls: ConfigInput['downstream_mtls'] = { ...(await mtlsOf(it)), enforcement };
        const admit = {
          policy: { allow: { and: [{ client_certificate: { fingerprint: { not: '00'.repeat(32) } } }] } },
        };
        const own = enforcement === 'policy' ? [{ ...routes[0], ...admit }] : routes;
        const { port, config, heard } = await startProxy(t, {
          routes: own as typeof routes,
          downstream_mtls,
        });
        const chain = [...(it.client ? [it.client] : []), ...(it.chain ?? [])];
        const certificate = it.client && certificateFile(...chain);
        const told = await explanationOf(config, { url: `https://${HOST}/`, certificate });
        t.equal(told.verdict?.ok === true ? 'ok' : told.verdict?.reason, it.ours ?? it.verdict);
        const { status } = await call(
          clientOptions(pki, port, {
            cert: certificate,
            key: it.client?.keyPem,
            ciphers: 'DEFAULT@SECLEVEL=0',
          }),
        );
        const [record] = heard.exchanges;
        if (it.ours === 'ok' && it.verdict !== 'ok') {
          t.equal(status, 403, 'refused by what only a handshake can show');
          t.match(told, { admitted: true, not_run: [/./, /name constraints/, /./] });
          return;
        }
        t.equal(told.admitted, status === 200);
        if (told.answer.kind === 'refused')
          t.strictSame([told.answer.status, told.answer.code], [status, record?.error]);
        if (told.answer.kind === 'refused' && it.ours === undefined)
          t.equal(told.answer.reason, record?.reason);
      },
    );

t.test('the headers that an app is told', async (t) => {
  const app = await startApp(t);
  const { port, config } = await startProxy(t, {
    routes: [
      {
        from: `https://${HOST}`,
        prefix: '/api',
        prefix_rewrite: '/v1',
        to: app.url,
        set_request_headers: { 'X-Who': '${client_cert.cn}', 'X-Token': 'secret' },
        identity_headers: { presets: ['nginx', 'rfc9440'], x_forwarded_client_cert: true },
      },
    ],
  });
  const { body } = await call(clientOptions(pki, port), { path: '/api/a?b=c', host: `${HOST}:${port}` });
  const { headers, url } = JSON.parse(body) as Reflection & { url: string };
  const told = await explanationOf(config, {
    url: `https://${HOST}:${port}/api/a?b=c`,
    certificate: certificateFile(pki.client),
  });
  t.match(told, { admitted: true, answer: { kind: 'forwarded', upstream: [app.url] } });
  t.equal(told.forwarded?.target, url);
  for (const [name, value] of told.forwarded?.headers ?? []) {
    if (name === 'X-Request-Id') continue;
    const shown = name.toLowerCase() === 'x-token' ? 'secret' : value;
    t.equal(headers[name.toLowerCase()], shown, name);
  }
  t.notMatch(JSON.stringify(told), /secret/, 'but nothing that the app is to trust');
  t.ok(told.forwarded?.headers.some(([name]) => name === 'Client-Cert'));
});

t.test('an assertion is told, not made', async (t) => {
  const { config } = await startProxy(t, {
    pass_identity_headers: true,
    routes: [{ from: `https://${HOST}`, to: 'https://127.0.0.1:1' }],
  });
  const { forwarded } = await explanationOf(config, {
    url: `https://${HOST}/`,
    certificate: certificateFile(pki.client),
  });
  t.match(forwarded?.assertion, { header: /X-Pomerium-Jwt-Assertion/i, claims: { aud: HOST } });
  t.notMatch(JSON.stringify(forwarded), /eyJ/, 'no token');
});

t.test('routes that win and lose, each with its reason', async (t) => {
  const text = { response: { body: '' } };
  const { config, port } = await startProxy(t, {
    routes: [
      { from: 'https://*.sallyport.localhost', ...text },
      { from: `https://${HOST}`, path: '/x', ...text },
      { from: `https://${HOST}`, prefix: '/a', ...text },
      { from: `https://${HOST}`, regex: '/a.*', ...text },
      { from: 'https://else.sallyport.localhost', ...text },
    ],
  });
  const certificate = certificateFile(pki.client);
  const standings = async (path: string) =>
    (await explanationOf(config, { url: `https://${HOST}${path}`, certificate })).routes.map(
      ({ index, standing }) => [index, standing],
    );
  t.strictSame(await standings('/a/b'), [
    [0, 'less_specific'],
    [1, 'other_path'],
    [2, 'taken'],
    [3, 'later'],
  ]);
  t.strictSame(await standings('/a%2fb'), [
    [0, 'less_specific'],
    [1, 'other_path'],
    [2, 'bad_path'],
    [3, 'bad_path'],
  ]);
  t.strictSame(await standings('/../b'), [], 'no path at all');
  for (const [path, code] of [
    ['/none', 'no_route'],
    ['/a%2fb', 'bad_path'],
    ['/../b', 'bad_path'],
  ] as const) {
    const { answer } = await explanationOf(config, { url: `https://${HOST}${path}`, certificate });
    const { status } = await call(clientOptions(pki, port), { path });
    t.match(answer, { kind: 'refused', code, status });
  }
});

t.test('what ends before there is a request', async (t) => {
  const certificate = certificateFile(pki.client);
  const base = { routes };
  const { config } = await startProxy(t, {
    ...base,
    tls_min_version: '1.3',
    downstream_mtls: { ca: pki.clientCa.certPem, enforcement: 'reject_connection' },
    default_host: 'none',
  });
  const url = `https://${HOST}/`;
  t.match((await explanationOf(config, { url, certificate, tls: '1.2' })).answer, {
    kind: 'closed',
    reason: 'tls_version',
  });
  t.match((await explanationOf(config, { url })).answer, { kind: 'closed', reason: 'none_sent' });
  t.match(await explanationOf(config, { url, certificate }), {
    admitted: true,
    answer: { kind: 'response' },
  });
});

t.test('another time, address and method', async (t) => {
  const { config } = await startProxy(t, {
    routes: [
      {
        from: `https://${HOST}`,
        response: { body: '' },
        policy: [
          {
            allow: {
              and: [{ http_method: 'POST' }, { date: { after: '2020-01-01', before: '2100-01-01' } }],
            },
          },
          { deny: { or: [{ source_ip: '192.0.2.0/24' }] } },
        ],
      },
    ],
  });
  const url = `https://${HOST}/`;
  const certificate = certificateFile(pki.client);
  t.match((await explanationOf(config, { url, certificate })).answer, { reason: 'no_allow_rule' });
  t.ok((await explanationOf(config, { url, certificate, method: 'POST' })).admitted);
  const there = await explanationOf(config, { url, certificate, method: 'POST', ip: '192.0.2.9' });
  t.match(there, {
    answer: { code: 'denied' },
    policy: { blocks: [{ action: 'deny', holds: true, criteria: [{ name: 'source_ip', holds: true }] }, {}] },
  });
  const late = await explanationOf(config, { url, certificate, method: 'POST', at: '2090-01-01T00:00Z' });
  t.match(late, { answer: { reason: 'expired' }, verdict: { ok: false, reason: 'expired' } });
});
