// Certificates for wildcards, whose records are put into DNS in every way that there is.
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { startAutocert, untilShown } from '../../support/autocert.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { freePort } from '../../support/peer.ts';
import { type Pebble, startPebble } from '../../support/pebble.ts';
import { requireTool } from '../../support/requires.ts';
import { until } from '../../support/until.ts';
import { startWebhook } from '../../support/webhook.ts';

const WILDCARD = '*.corp.example';

type Dns = Omit<NonNullable<ConfigInput['autocert_dns']>, 'resolvers'>;

/** A proxy for a wildcard and a host that it covers. */
async function startWildcard(t: Parameters<typeof startAutocert>[0], pebble: Pebble, dns: Dns) {
  return await startAutocert(t, pebble, {
    names: [WILDCARD, 'app.corp.example'],
    autocert_dns: { ...dns, resolvers: [pebble.dnsServer] },
  });
}

/** A webhook in front of Pebble's name server. */
async function httpreqFor(t: Parameters<typeof startAutocert>[0], pebble: Pebble) {
  return await startWebhook(t, async ({ url, headers, body }) => {
    if (headers.authorization !== `Basic ${Buffer.from('me:secret').toString('base64')}`) return 401;
    const [host, value] = [body['fqdn'], body['value']];
    await (url === '/hook/present'
      ? pebble.manage('set-txt', { host, value })
      : pebble.manage('clear-txt', { host }));
    return {};
  });
}

t.test('by a webhook: one certificate for the wildcard and the host under it', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t);
  const { url, asked } = await httpreqFor(t, pebble);
  const { port, warnings } = await startWildcard(t, pebble, {
    provider: 'httpreq',
    httpreq_url: `${url}/hook/`,
    httpreq_username: 'me',
    httpreq_password: 'secret',
  });
  for (const host of ['x.corp.example', 'app.corp.example']) await untilShown(port, host, WILDCARD);
  await until(() => asked.length === 2, 60_000);
  t.match(asked, [
    {
      method: 'POST',
      url: '/hook/present',
      body: { fqdn: '_acme-challenge.corp.example.', value: /^[\w-]{43}$/ },
    },
    { method: 'POST', url: '/hook/cleanup', body: { fqdn: '_acme-challenge.corp.example.' } },
  ]);
  t.equal(asked[0]?.body['value'], asked[1]?.body['value']);
  t.strictSame(warnings, []);
});

t.test('where CNAMEs lead, as acme.sh calls a challenge alias', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t);
  const { url, asked } = await httpreqFor(t, pebble);
  await pebble.manage('set-cname', {
    host: '_acme-challenge.corp.example.',
    target: 'a.challenges.example.',
  });
  const { port } = await startWildcard(t, pebble, {
    provider: 'httpreq',
    httpreq_url: `${url}/hook`,
    httpreq_username: 'me',
    httpreq_password: 'secret',
  });
  await untilShown(port, 'x.corp.example', WILDCARD);
  t.equal(asked[0]?.body['fqdn'], 'a.challenges.example.');
});

t.test('a record that is not seen is not shown to the server', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t);
  const { url, asked } = await startWebhook(t, () => ({}));
  const { warnings } = await startWildcard(t, pebble, {
    provider: 'httpreq',
    httpreq_url: url,
    propagation_timeout: '500ms',
  });
  const { detail } = await until(() => warnings[0], 60_000);
  t.match(
    detail,
    /^\*\.corp\.example: the record _acme-challenge\.corp\.example is not seen after 0\.5 s; 1 in a row/,
  );
  t.strictSame(
    asked.slice(0, 2).map((one) => one.url),
    ['/present', '/cleanup'],
    'and it is taken away',
  );
});

t.test('what a provider says is in the log', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t);
  const { url } = await startWebhook(t, () => 403);
  const { warnings } = await startWildcard(t, pebble, { provider: 'httpreq', httpreq_url: url });
  t.match((await until(() => warnings[0], 60_000)).detail, /POST http:.*\/present answered 403/);
});

t.test('by a program, called as lego calls it', async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t);
  const { url } = await httpreqFor(t, pebble);
  const folder = temporaryFolder(t);
  const program = path.join(folder, 'hook');
  const log = path.join(folder, 'log');
  writeFileSync(
    program,
    `#!/bin/sh
echo "$@" >> ${log}
curl -fsS -u me:secret -d "{\\"fqdn\\": \\"$2\\", \\"value\\": \\"$3\\"}" ${url}/hook/$1
`,
  );
  chmodSync(program, 0o755);
  const { port } = await startWildcard(t, pebble, { provider: 'exec', exec_file: program });
  await untilShown(port, 'x.corp.example', WILDCARD);
  const lines = await until(() => {
    const all = readFileSync(log, 'utf8').trim().split('\n');
    return all.length === 2 && all;
  });
  t.match(lines, [
    /^present _acme-challenge\.corp\.example\. \S{43}$/,
    /^cleanup _acme-challenge\.corp\.example\. \S{43}$/,
  ]);
});

t.test("by one of acme.sh's scripts", async (t) => {
  if (!requireTool(t, 'pebble')) return;
  const pebble = await startPebble(t);
  const { url } = await httpreqFor(t, pebble);
  const folder = temporaryFolder(t);
  const script = path.join(folder, 'dns_hook.sh');
  writeFileSync(
    script,
    `#!/usr/bin/env sh
dns_hook_add() {
  fulldomain="$1"
  _info "adding $fulldomain"
  _contains "$fulldomain" corp || return 1
  _call present "$2"
}
dns_hook_rm() {
  fulldomain="$1"
  _call cleanup "$2"
}
_call() {
  export _H1="Authorization: Basic ${Buffer.from('me:secret').toString('base64')}"
  _post "{\\"fqdn\\": \\"$fulldomain.\\", \\"value\\": \\"$2\\"}" "${url}/hook/$1"
}
`,
  );
  const { port } = await startWildcard(t, pebble, {
    provider: 'exec',
    exec_style: 'acme.sh',
    exec_file: script,
  });
  await untilShown(port, 'x.corp.example', WILDCARD);
});

t.test('by signed updates of a name server', async (t) => {
  if (!requireTool(t, 'pebble') || !requireTool(t, 'named')) return;
  const folder = temporaryFolder(t);
  const dns = await freePort();
  const secret = Buffer.from('a secret of thirty-two bytes, yes').toString('base64');
  writeFileSync(
    path.join(folder, 'zone'),
    '$TTL 60\n@ IN SOA ns.corp.example. admin.corp.example. 1 60 60 60 60\n@ IN NS ns.corp.example.\nns IN A 127.0.0.1\n',
  );
  writeFileSync(
    path.join(folder, 'named.conf'),
    `options { directory "${folder}"; listen-on port ${dns} { 127.0.0.1; }; listen-on-v6 { none; };
  pid-file none; session-keyfile none; recursion no; dnssec-validation no; };
controls { };
key "acme" { algorithm hmac-sha256; secret "${secret}"; };
zone "corp.example" { type master; file "zone"; allow-update { key "acme"; }; };
`,
  );
  const named = spawn('named', ['-g', '-c', path.join(folder, 'named.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.teardown(() => named.kill('SIGKILL'));
  let said = '';
  named.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => said.includes('running'));
  const pebble = await startPebble(t, { dnsServer: `127.0.0.1:${dns}` });
  const settings = {
    provider: 'rfc2136',
    rfc2136_server: `127.0.0.1:${dns}`,
    rfc2136_key_name: 'acme',
  } as const;
  const { port } = await startWildcard(t, pebble, { ...settings, rfc2136_key_secret: secret });
  await untilShown(port, 'x.corp.example', WILDCARD);
  t.match(said, /updating zone 'corp\.example\/IN': adding an RR at '_acme-challenge\.corp\.example' TXT/);
  await until(() => said.includes('deleting an RR at _acme-challenge.corp.example TXT'));
  const { warnings } = await startAutocert(t, pebble, {
    names: [WILDCARD],
    address: '127.0.0.1:0',
    autocert_dns: {
      ...settings,
      rfc2136_key_secret: Buffer.from('wrong').toString('base64'),
      resolvers: [pebble.dnsServer],
    },
  });
  t.match((await until(() => warnings[0], 60_000)).detail, /the name server says NOTAUTH/);
});
